-- Post journals of decisions: number them, post them, answer their ids.
--
-- Parameters: p_tenant; p_journals: as ledger_post_v1 takes them, without ids; p_lines: as there.
-- Answer: [journal id], in the order of the journals.
-- Locks: as ledger_post_v1.
-- Callers: ledger/journals/posting.py.
CREATE OR REPLACE FUNCTION ledger_post_new_v1(p_tenant bigint, p_journals jsonb, p_lines jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    numbered jsonb;
BEGIN
    SELECT jsonb_agg(j || jsonb_build_object('id', nextval('journals_id_seq')) ORDER BY n) INTO numbered
        FROM jsonb_array_elements(p_journals) WITH ORDINALITY AS given(j, n);
    PERFORM ledger_post_v1(p_tenant, numbered, p_lines);
    RETURN (SELECT jsonb_agg(j -> 'id' ORDER BY n) FROM jsonb_array_elements(numbered) WITH ORDINALITY AS given(j, n));
END $$;
