-- Refuse a reference that belongs to no tender of its tenant (sale_tender_references_of_a_tender).
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger sale_tender_references.content_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION pos_tender_reference_guard_v1() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n LEFT JOIN sale_tenders t ON t.journal_id = n.journal_id AND t.line_no = n.line_no
               WHERE t.tenant_id IS DISTINCT FROM n.tenant_id) THEN
        PERFORM ledger_refuse_v1('sale_tender_references_of_a_tender', 'A reference belongs to a tender of its tenant.');
    END IF;
    RETURN NULL;
END $$;
