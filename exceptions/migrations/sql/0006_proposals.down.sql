DROP TRIGGER awaiting_guard ON exceptions;
DROP FUNCTION exceptions_awaiting_guard_v1();
DROP TRIGGER proposals_guard ON exception_resolutions;
DROP FUNCTION exceptions_proposals_guard_v1();
DROP FUNCTION exceptions_same_principal_v1(bigint, text, text);
DROP FUNCTION exceptions_awaits_confirmation_v1(bigint, uuid);
