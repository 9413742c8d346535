DROP TRIGGER append_only ON exception_resolutions;
DROP TRIGGER decision_on_record ON exceptions;
DROP FUNCTION exceptions_decision_on_record_v1();
DROP TRIGGER resolutions_guard ON exception_resolutions;
DROP FUNCTION exceptions_resolutions_guard_v1();
DROP FUNCTION exceptions_resolve_v1(bigint, jsonb, jsonb);
DROP FUNCTION exceptions_propose_v1(bigint, jsonb, jsonb);
