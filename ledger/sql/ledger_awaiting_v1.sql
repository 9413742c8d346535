-- Read which journals of this transaction still wait for their postings.
--
-- On the ordinary path no guard reads journals or postings: such a read makes serializable transactions on neighbouring
-- index pages fail in droves. What one guard must tell the next travels in the transaction-local setting
-- ledger.awaiting.
--
-- Parameters: none.
-- Answer: {"journal id": [tenant, business date, posting count]}.
-- Locks: none.
-- Callers: ledger_journals_guard_v2, ledger_postings_guard_v4.
CREATE OR REPLACE FUNCTION ledger_awaiting_v1() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('ledger.awaiting', true), ''), '{}')::jsonb
$$;
