DROP FUNCTION ledger_transfer_alone_v1(bigint, jsonb, jsonb);
