DROP TRIGGER journals_complete ON journals;
DROP FUNCTION ledger_journals_complete_v2();
CREATE FUNCTION ledger_journals_complete_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('ledger.awaiting', true), '') NOT IN ('', '{}') THEN
        PERFORM ledger_refuse_v1('journals_never_empty', format('Journal %s has no postings.', NEW.id));
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER journals_complete AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_journals_complete_v1();
ALTER TABLE journals ENABLE ALWAYS TRIGGER journals_complete;
DROP FUNCTION ledger_reverse_v1(bigint, jsonb);
DROP FUNCTION ledger_post_new_v1(bigint, jsonb, jsonb);
