-- Refuse a revaluation that is not the amount its journal took out of clearing (fx_revaluations_agree).
--
-- The journal stands already: it takes the residual, which is the sum of the positions' values, out of clearing.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger fx_revaluations.fx_revaluations_guard (AFTER INSERT, each row).
CREATE OR REPLACE FUNCTION ledger_fx_revaluations_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum((p ->> 'value_minor')::numeric) FROM jsonb_array_elements(NEW.positions) p)
       IS DISTINCT FROM NEW.residual_minor
       OR NOT EXISTS (
           SELECT FROM journals j WHERE j.id = NEW.journal_id AND j.tenant_id = NEW.tenant_id AND j.source = 'fx'
             AND j.source_key = format('revaluation:%s:%s', NEW.business_date, NEW.number)
             AND j.kind = 'REVALUATION' AND j.reverses_id IS NULL AND j.business_date = NEW.business_date)
       OR NOT coalesce((
           SELECT count(*) = 2 AND bool_and(p.currency = NEW.currency)
                  AND count(*) FILTER (WHERE a.role = 'FX_CLEARING' AND p.amount_minor = -NEW.residual_minor) = 1
                  AND count(*) FILTER (WHERE a.role = 'FX_GAIN_LOSS' AND p.amount_minor = NEW.residual_minor) = 1
           FROM postings p JOIN accounts a ON a.id = p.account_id WHERE p.journal_id = NEW.journal_id), false)
    THEN
        PERFORM ledger_refuse_v1('fx_revaluations_agree',
            format('The revaluation of %s is not what its journal took out of clearing.', NEW.business_date));
    END IF;
    RETURN NULL;
END $$;
