-- Post many journals in columns, as ledger_post_v1 posts them from JSON.
--
-- Building JSON and taking it apart costs more than writing the rows. SECURITY DEFINER, and the checks of
-- ledger.awaiting are those of ledger_post_v1.
--
-- Parameters: p_tenant; p_rules: version; p_ats, p_keys, p_refs: one element for each event;
--   p_ids (null: the journal is left out, with its lines), p_about (which element of p_ats, p_keys and p_refs),
--     p_sources, p_kinds, p_dates, p_counts, p_late: one element for each journal;
--   p_of (which journal, from 1), p_numbers, p_accounts, p_amounts, p_currencies (null: all lines in p_currency): one
--     for each line.
-- Answer: none; raises 23514 with the name of the guard that refuses.
-- Locks: as ledger_post_v1.
-- Callers: pos_take_many_v1.
CREATE OR REPLACE FUNCTION ledger_post_rows_v1(
    p_tenant bigint, p_rules integer, p_ats timestamptz[], p_keys text[], p_refs text[],
    p_ids bigint[], p_about bigint[], p_sources text[], p_kinds text[], p_dates date[], p_counts bigint[], p_late boolean[],
    p_of bigint[], p_numbers bigint[], p_accounts bigint[], p_amounts bigint[], p_currencies text[], p_currency text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off AS $$
BEGIN
    IF coalesce(current_setting('ledger.awaiting', true), '') NOT IN ('', '{}') THEN
        PERFORM ledger_refuse_v1('postings_complete_set', 'Something is awaited before anything was posted.');
    END IF;
    INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, external_ref,
                          posting_count, rules_version, is_late)
        SELECT j.id, p_tenant, j.date, p_ats[j.about], j.kind, j.source, p_keys[j.about], coalesce(p_refs[j.about], ''),
               j.number, p_rules, j.late
        FROM unnest(p_ids, p_about, p_sources, p_kinds, p_dates, p_counts, p_late)
             AS j(id, about, source, kind, date, number, late)
        WHERE j.id IS NOT NULL;
    INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
        SELECT p_tenant, p_ids[l.of], l.number, l.account, p_dates[l.of], coalesce(l.currency, p_currency), l.amount
        FROM unnest(p_of, p_numbers, p_accounts, p_amounts, p_currencies) AS l(of, number, account, amount, currency)
        WHERE p_ids[l.of] IS NOT NULL;
    IF coalesce(current_setting('ledger.awaiting', true), '') NOT IN ('', '{}') THEN
        PERFORM ledger_refuse_v1('journals_never_empty',
            format('These journals have no postings: %s.', current_setting('ledger.awaiting')));
    END IF;
END $$;

REVOKE ALL ON FUNCTION ledger_post_rows_v1 FROM PUBLIC;
