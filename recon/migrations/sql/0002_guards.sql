-- Guards of the closes. Each raises 23514 with the constraint name that README's table of guarantees names.

-- A close is of a closed day, and names that day's tenant and date.
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

-- What was fixed at a close is fixed in its transaction, and for its own tenant: nothing is added to it later.
-- Rows of this transaction carry its number in xmin; a savepoint's would not, and the close opens none.
CREATE FUNCTION recon_day_close_parts_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_parts n LEFT JOIN day_closes c ON c.id = n.close_id AND c.tenant_id = n.tenant_id
               WHERE c.id IS NULL OR c.xmin::text <> (pg_current_xact_id()::text::numeric % 4294967296)::text) THEN
        RAISE EXCEPTION 'What a close has fixed is never added to.'
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_parts_fixed', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER day_close_parts_guard AFTER INSERT ON day_close_accounts
    REFERENCING NEW TABLE AS new_parts
    FOR EACH STATEMENT EXECUTE FUNCTION recon_day_close_parts_guard_v1();
ALTER TABLE day_close_accounts ENABLE ALWAYS TRIGGER day_close_parts_guard;

CREATE TRIGGER day_close_parts_guard AFTER INSERT ON day_close_exceptions
    REFERENCING NEW TABLE AS new_parts
    FOR EACH STATEMENT EXECUTE FUNCTION recon_day_close_parts_guard_v1();
ALTER TABLE day_close_exceptions ENABLE ALWAYS TRIGGER day_close_parts_guard;

CALL ledgersafe_make_append_only_v1('day_closes');
CALL ledgersafe_make_append_only_v1('day_close_accounts');
CALL ledgersafe_make_append_only_v1('day_close_exceptions');
CALL ledgersafe_make_append_only_v1('day_packs');
