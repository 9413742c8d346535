-- Refuse a rate whose version does not follow the last one (fx_rates_next_version).
--
-- A correction is the next version: no number is left out, so the newest rate is the one with the highest number.
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger fx_rates.fx_rates_guard (BEFORE INSERT, each row).
CREATE OR REPLACE FUNCTION ledger_fx_rates_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last integer;
BEGIN
    SELECT version INTO last FROM fx_rates
        WHERE tenant_id = NEW.tenant_id AND base = NEW.base AND quote = NEW.quote AND valid_from = NEW.valid_from
        ORDER BY version DESC LIMIT 1;
    IF NEW.version <> coalesce(last, 0) + 1 THEN
        PERFORM ledger_refuse_v1('fx_rates_next_version',
            format('Version %s of %s/%s does not follow version %s.', NEW.version, NEW.base, NEW.quote, last));
    END IF;
    RETURN NEW;
END $$;
