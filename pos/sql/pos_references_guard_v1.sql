-- Guard references, at commit: of one tenant (sale_references_tenant_agrees), within their original
-- (pos_check_original_v1); a void mirrors its original's journal, a correction brings that mirror with it
-- (sale_references_mirror).
--
-- The mirror of a correction is found by the index journals_one_effective_per_key, which has no reversals.
--
-- Parameters: none (a trigger function).
-- Answer: null (a deferred constraint trigger).
-- Locks: as pos_check_original_v1.
-- Callers: trigger sale_references.references_guard (AFTER INSERT, deferred to commit).
CREATE OR REPLACE FUNCTION pos_references_guard_v1() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
BEGIN
    IF NEW.journal_id = NEW.base_journal_id
       OR (SELECT j.tenant_id FROM journals j WHERE j.id = NEW.journal_id) IS DISTINCT FROM NEW.tenant_id
       OR (SELECT j.tenant_id FROM journals j WHERE j.id = NEW.base_journal_id) IS DISTINCT FROM NEW.tenant_id THEN
        PERFORM ledger_refuse_v1('sale_references_tenant_agrees',
            'A reference names a journal that is not of its tenant.');
    END IF;
    PERFORM pos_check_original_v1(NEW.tenant_id, NEW.original_key);
    IF (NEW.kind = 'VOID' AND NEW.sign = 1 AND NOT pos_mirrors_v1(NEW.journal_id, NEW.base_journal_id))
       OR (NEW.kind = 'CORRECTION' AND NEW.sign = 1 AND NOT EXISTS (
            SELECT FROM journals m WHERE m.tenant_id = NEW.tenant_id AND m.source = 'correction'
            AND m.source_key = NEW.event_key AND m.reverses_id IS NULL AND pos_mirrors_v1(m.id, NEW.base_journal_id))) THEN
        PERFORM ledger_refuse_v1('sale_references_mirror',
            format('Journal %s does not undo journal %s.', NEW.journal_id, NEW.base_journal_id));
    END IF;
    RETURN NULL;
END $$;
