-- Refuse rows that belong to no header of their tenant, day and store (TABLE_of_a_header).
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger sale_lines.content_guard (AFTER INSERT, each statement),
--   trigger sale_tenders.content_guard (AFTER INSERT, each statement),
--   trigger sale_taxes.content_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION pos_content_guard_v1() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n LEFT JOIN sales s ON s.journal_id = n.journal_id
               WHERE (s.tenant_id, s.business_date, s.store_code)
                     IS DISTINCT FROM (n.tenant_id, n.business_date, n.store_code)) THEN
        PERFORM ledger_refuse_v1(TG_TABLE_NAME || '_of_a_header', 'A row belongs to a header of its tenant, day and store.');
    END IF;
    RETURN NULL;
END $$;
