-- Journals of decisions: written like any other, and their ids handed back.
--
-- journals: as ledger_post_v1 takes them, without ids; lines as there. Answers the ids in the order of the journals.
CREATE FUNCTION ledger_post_new_v1(p_tenant bigint, p_journals jsonb, p_lines jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    numbered jsonb;
BEGIN
    SELECT jsonb_agg(j || jsonb_build_object('id', nextval('journals_id_seq')) ORDER BY n) INTO numbered
        FROM jsonb_array_elements(p_journals) WITH ORDINALITY AS given(j, n);
    PERFORM ledger_post_v1(p_tenant, numbered, p_lines);
    RETURN (SELECT jsonb_agg(j -> 'id' ORDER BY n) FROM jsonb_array_elements(numbered) WITH ORDINALITY AS given(j, n));
END $$;

-- Mirrors journals: the same accounts with the opposite amounts, line by line.
-- p_reversals: [{"journal": the one to reverse, "date", "at", "late"}]. Answers {"journal id": reversal id}.
CREATE FUNCTION ledger_reverse_v1(p_tenant bigint, p_reversals jsonb) RETURNS jsonb
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

-- At commit no journal may still wait for its postings, and a reversal mirrors what it reverses: the same accounts, the
-- opposite amounts. As ledger_journals_complete_v1, which knew no reversals.
CREATE FUNCTION ledger_journals_complete_v2() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('ledger.awaiting', true), '') NOT IN ('', '{}') THEN
        PERFORM ledger_refuse_v1('journals_never_empty', format('Journal %s has no postings.', NEW.id));
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        IF EXISTS (
            SELECT FROM (
                SELECT p.account_id, p.amount_minor FROM postings p WHERE p.journal_id = NEW.id
                UNION ALL SELECT p.account_id, p.amount_minor FROM postings p WHERE p.journal_id = NEW.reverses_id
            ) both_sides GROUP BY account_id HAVING sum(amount_minor) <> 0)
        THEN
            PERFORM ledger_refuse_v1('journals_reversal_mirrors',
                format('Journal %s does not mirror journal %s.', NEW.id, NEW.reverses_id));
        END IF;
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER journals_complete ON journals;
DROP FUNCTION ledger_journals_complete_v1();
CREATE CONSTRAINT TRIGGER journals_complete AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_journals_complete_v2();
ALTER TABLE journals ENABLE ALWAYS TRIGGER journals_complete;
