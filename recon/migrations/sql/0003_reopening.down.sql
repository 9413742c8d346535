DROP TRIGGER day_closes_guard ON day_closes;
DROP FUNCTION recon_day_closes_guard_v2();
CREATE FUNCTION recon_day_closes_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM periods WHERE id = NEW.period_id AND tenant_id = NEW.tenant_id
                   AND business_date = NEW.business_date AND status = 'closed') THEN
        RAISE EXCEPTION 'The close of % is of no closed business day of its tenant.', NEW.business_date
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_of_a_closed_day', TABLE = 'day_closes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER day_closes_guard BEFORE INSERT ON day_closes
    FOR EACH ROW EXECUTE FUNCTION recon_day_closes_guard_v1();
ALTER TABLE day_closes ENABLE ALWAYS TRIGGER day_closes_guard;
