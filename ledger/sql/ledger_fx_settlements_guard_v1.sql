-- Refuse, at commit, a settlement that was not converted by its rate (fx_settlements_by_its_rate) or lacks one of its
-- two legs (fx_settlements_both_legs).
--
-- Parameters: none (a trigger function).
-- Answer: null (a deferred constraint trigger).
-- Locks: none.
-- Callers: trigger fx_settlements.fx_settlements_guard (AFTER INSERT, deferred to commit).
CREATE OR REPLACE FUNCTION ledger_fx_settlements_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fault text := ledger_fx_fault_v1(NEW.tenant_id, NEW.rate_id, NEW.rate_value, NEW.inverted, NEW.source_currency,
                                     NEW.target_currency, NEW.amount_minor, NEW.converted_minor, NEW.shift, NEW.as_of);
BEGIN
    IF fault IS NOT NULL THEN
        PERFORM ledger_refuse_v1('fx_settlements_by_its_rate', format('Settlement %s %s.', NEW.id, fault));
    END IF;
    IF NOT (ledger_fx_leg_stands_v1(NEW.tenant_id, NEW.source_journal_id, format('settlement:%s:source', NEW.id),
                                    NEW.business_date, NEW.from_account_id, NEW.source_currency, -NEW.amount_minor)
        AND ledger_fx_leg_stands_v1(NEW.tenant_id, NEW.target_journal_id, format('settlement:%s:target', NEW.id),
                                    NEW.business_date, NEW.to_account_id, NEW.target_currency, NEW.converted_minor))
    THEN
        PERFORM ledger_refuse_v1('fx_settlements_both_legs',
            format('Settlement %s is not two journals through the clearing accounts.', NEW.id));
    END IF;
    RETURN NULL;
END $$;
