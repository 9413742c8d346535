DROP FUNCTION idempotency_books_v1();
DROP FUNCTION idempotency_keep_v1(bigint, text, text, bytea, text, smallint, text, bytea, text);
DROP FUNCTION idempotency_claim_v1(bigint, text, text);
DROP TRIGGER append_only ON idempotency_keys;
