CREATE FUNCTION recon_day_closes_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    SELECT d.closed_at INTO NEW.closed_at FROM periods d
        WHERE d.id = NEW.period_id AND d.tenant_id = NEW.tenant_id AND d.business_date = NEW.business_date
          AND d.status = 'closed';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'The close of % is of no closed business day of its tenant.', NEW.business_date
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_of_a_closed_day', TABLE = 'day_closes';
    END IF;
    SELECT count(*) + 1 INTO number FROM period_reopenings
        WHERE tenant_id = NEW.tenant_id AND period_id = NEW.period_id;
    IF NEW.revision <> number THEN
        RAISE EXCEPTION 'The close of % is number %, not %.', NEW.business_date, number, NEW.revision
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_numbered', TABLE = 'day_closes';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER day_closes_guard ON day_closes;
CREATE TRIGGER day_closes_guard BEFORE INSERT ON day_closes
    FOR EACH ROW EXECUTE FUNCTION recon_day_closes_guard_v2();
ALTER TABLE day_closes ENABLE ALWAYS TRIGGER day_closes_guard;
DROP FUNCTION recon_day_closes_guard_v3();
