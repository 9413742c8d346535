-- Post journals with their lines: the one way into the books.
--
-- SECURITY DEFINER: the application role itself may not insert into journals or postings; the guards check every row
-- all the same. The setting ledger.awaiting may be set by anybody who is connected, but not between the beginning and
-- the end of this function. So nothing may be awaited when it begins, or a session could name an old journal there and
-- add to it; and nothing when it ends, or a session could hide a journal without postings.
--
-- Parameters: p_tenant;
--   p_journals: [{"o": ordinal, "id", "date", "at", "kind", "source", "key", "rev", "reverses", "ref", "n": number of
--     lines, "rules": version, "late"}];
--   p_lines: [{"o": ordinal of the journal, "n": line number, "a": account id, "c": currency, "m": minor units}];
--     lines whose ordinal is in no journal are left out.
-- Answer: none; raises 23514 with the name of the guard that refuses.
-- Locks: through the guards of journals and postings, in this order: a share of each day by date, a share of each
--     drawer by account, the rows of accounts with a floor by id.
-- Callers: ledger_post_new_v1, ledger_reverse_v1, ledger_transfer_v1, ledger_fx_settle_v1, ledger_transact_v1,
--     ledger_transfer_alone_v1, pos_take_keys_v1, pos_take_key_v1, pos_receive_alone_v1.
CREATE OR REPLACE FUNCTION ledger_post_v1(p_tenant bigint, p_journals jsonb, p_lines jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    j jsonb := p_journals -> 0;
BEGIN
    IF coalesce(current_setting('ledger.awaiting', true), '') NOT IN ('', '{}') THEN
        PERFORM ledger_refuse_v1('postings_complete_set', 'Something is awaited before anything was posted.');
    END IF;
    IF jsonb_array_length(p_journals) = 1 THEN -- most journals come alone: no set to build and join
        INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, revision,
                              reverses_id, external_ref, posting_count, rules_version, is_late)
            VALUES ((j ->> 'id')::bigint, p_tenant, (j ->> 'date')::date, (j ->> 'at')::timestamptz, j ->> 'kind',
                    j ->> 'source', j ->> 'key', coalesce((j ->> 'rev')::smallint, 1), (j ->> 'reverses')::bigint,
                    coalesce(j ->> 'ref', ''), (j ->> 'n')::smallint, (j ->> 'rules')::smallint,
                    coalesce((j ->> 'late')::boolean, false));
        INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
            SELECT p_tenant, (j ->> 'id')::bigint, l.n, l.a, (j ->> 'date')::date, l.c, l.m
            FROM jsonb_to_recordset(p_lines) AS l(o integer, n smallint, a bigint, c text, m bigint)
            WHERE l.o = (j ->> 'o')::integer;
    ELSE
        INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, revision,
                              reverses_id, external_ref, posting_count, rules_version, is_late)
            SELECT j.id, p_tenant, j.date, j.at, j.kind, j.source, j.key, coalesce(j.rev, 1), j.reverses,
                   coalesce(j.ref, ''), j.n, j.rules, coalesce(j.late, false)
            FROM jsonb_to_recordset(p_journals) AS j(
                id bigint, date date, at timestamptz, kind text, source text, key text, rev smallint, reverses bigint,
                ref text, n smallint, rules smallint, late boolean);
        INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
            SELECT p_tenant, j.id, l.n, l.a, j.date, l.c, l.m
            FROM jsonb_to_recordset(p_journals) AS j(o integer, id bigint, date date)
            JOIN jsonb_to_recordset(p_lines) AS l(o integer, n smallint, a bigint, c text, m bigint) USING (o);
    END IF;
    IF coalesce(current_setting('ledger.awaiting', true), '') NOT IN ('', '{}') THEN
        PERFORM ledger_refuse_v1('journals_never_empty',
            format('These journals have no postings: %s.', current_setting('ledger.awaiting')));
    END IF;
END $$;

REVOKE ALL ON FUNCTION ledger_post_v1 FROM PUBLIC;
