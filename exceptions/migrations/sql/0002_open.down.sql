DROP TRIGGER decided_once ON exceptions;
DROP FUNCTION exceptions_decided_once_v1();
DROP FUNCTION exceptions_open_v1(bigint, jsonb);
