DROP FUNCTION ledger_transfer_v1(bigint, jsonb, jsonb);
DROP FUNCTION ledger_known_transfers_v1(bigint, jsonb);
DROP TRIGGER append_only ON transfers;
