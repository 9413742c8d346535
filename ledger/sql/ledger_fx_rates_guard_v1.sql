-- ── Rates ──────────────────────────────────────────────────────────────────────────────────────
-- A correction is the next version: no number is left out, so that the newest is the one with the highest.
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
