-- Reverse journals: post the same accounts with the opposite amounts, line by line.
--
-- Numbered in the order of the journals, so that two decisions on the same ones meet in one order.
--
-- Parameters: p_tenant; p_reversals: [{"journal": id of the one to reverse, "date", "at", "late"}].
-- Answer: {"journal id": reversal id}; raises 23514 journals_reversal_agrees when a journal does not exist.
-- Locks: as ledger_post_v1.
-- Callers: ledger/journals/posting.py.
CREATE OR REPLACE FUNCTION ledger_reverse_v1(p_tenant bigint, p_reversals jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    mirrors jsonb;
    lines jsonb;
BEGIN
    -- Numbered in the order of the journals, so that two decisions on the same ones meet in one order.
    SELECT jsonb_agg(jsonb_build_object(
               'o', j.id, 'id', nextval('journals_id_seq'), 'date', r.date, 'at', r.at, 'kind', 'REVERSAL',
               'source', j.source, 'key', j.source_key, 'rev', j.revision, 'reverses', j.id, 'ref', j.external_ref,
               'n', j.posting_count, 'rules', j.rules_version, 'late', r.late) ORDER BY j.id)
        INTO mirrors
        FROM jsonb_to_recordset(p_reversals) AS r(journal bigint, date date, at timestamptz, late boolean)
        JOIN journals j ON j.id = r.journal AND j.tenant_id = p_tenant;
    IF mirrors IS NULL OR jsonb_array_length(mirrors) <> jsonb_array_length(p_reversals) THEN
        PERFORM ledger_refuse_v1('journals_reversal_agrees', 'A journal that is to be reversed does not exist.');
    END IF;
    SELECT jsonb_agg(jsonb_build_object('o', p.journal_id, 'n', p.line_no, 'a', p.account_id, 'c', p.currency,
                                        'm', -p.amount_minor) ORDER BY p.journal_id, p.line_no)
        INTO lines
        FROM jsonb_to_recordset(p_reversals) AS r(journal bigint) JOIN postings p ON p.journal_id = r.journal;
    PERFORM ledger_post_v1(p_tenant, mirrors, lines);
    RETURN (SELECT jsonb_object_agg(m ->> 'reverses', m -> 'id') FROM jsonb_array_elements(mirrors) m);
END $$;
