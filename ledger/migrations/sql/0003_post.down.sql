DROP FUNCTION ledger_post_v1(bigint, jsonb, jsonb);
