-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CALL ledgersafe_make_append_only_v1('exception_resolutions');
CREATE TRIGGER proposals_guard AFTER INSERT ON exception_resolutions REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_proposals_guard_v1();
ALTER TABLE exception_resolutions ENABLE ALWAYS TRIGGER proposals_guard;
CREATE TRIGGER resolutions_guard AFTER INSERT ON exception_resolutions REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_resolutions_guard_v1();
ALTER TABLE exception_resolutions ENABLE ALWAYS TRIGGER resolutions_guard;

CREATE TRIGGER awaiting_guard BEFORE INSERT OR UPDATE ON exceptions
    FOR EACH ROW EXECUTE FUNCTION exceptions_awaiting_guard_v1();
ALTER TABLE exceptions ENABLE ALWAYS TRIGGER awaiting_guard;
CREATE TRIGGER decided_once BEFORE DELETE OR UPDATE ON exceptions
    FOR EACH ROW EXECUTE FUNCTION exceptions_decided_once_v1();
ALTER TABLE exceptions ENABLE ALWAYS TRIGGER decided_once;
CREATE CONSTRAINT TRIGGER decision_on_record AFTER INSERT OR UPDATE ON exceptions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION exceptions_decision_on_record_v1();
ALTER TABLE exceptions ENABLE ALWAYS TRIGGER decision_on_record;
