-- Refuse, at commit, a journal that still waits for its postings (journals_never_empty), and a reversal that does not
-- mirror its journal: the same accounts, the opposite amounts (journals_reversal_mirrors).
--
-- Parameters: none (a trigger function).
-- Answer: null (a deferred constraint trigger).
-- Locks: none.
-- Callers: trigger journals.journals_complete (AFTER INSERT, deferred to commit).
CREATE OR REPLACE FUNCTION ledger_journals_complete_v2() RETURNS trigger LANGUAGE plpgsql AS $$
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
