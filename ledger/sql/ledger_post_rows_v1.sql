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
