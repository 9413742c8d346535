DROP TRIGGER guard ON idempotency_keys;
DROP FUNCTION idempotency_keys_guard_v1();
