-- Refuse a conversion of a till event whose journal does not clear the foreign amount, or whose rate was not rightly
-- used (fx_conversions_by_its_rate).
--
-- The journal stands already; its foreign amount went through that currency's clearing account.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger fx_conversions.fx_conversions_guard (AFTER INSERT, each row).
CREATE OR REPLACE FUNCTION ledger_fx_conversions_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    happened timestamptz;
    bridged numeric;
    fault text;
BEGIN
    SELECT occurred_at INTO happened FROM journals WHERE id = NEW.journal_id AND tenant_id = NEW.tenant_id;
    SELECT sum(p.amount_minor) INTO bridged FROM postings p JOIN accounts a ON a.id = p.account_id
        WHERE p.journal_id = NEW.journal_id AND a.role = 'FX_CLEARING' AND p.currency = NEW.source_currency;
    fault := CASE WHEN happened IS NULL THEN 'names no journal of its tenant'
        WHEN bridged IS DISTINCT FROM -NEW.amount_minor THEN format('says %s, the journal clears %s', NEW.amount_minor, bridged)
        ELSE ledger_fx_fault_v1(NEW.tenant_id, NEW.rate_id, NEW.rate_value, NEW.inverted, NEW.source_currency,
                                NEW.target_currency, NEW.amount_minor, NEW.converted_minor, NEW.shift, happened) END;
    IF fault IS NOT NULL THEN
        PERFORM ledger_refuse_v1('fx_conversions_by_its_rate',
            format('The conversion of %s in journal %s %s.', NEW.source_currency, NEW.journal_id, fault));
    END IF;
    RETURN NULL;
END $$;
