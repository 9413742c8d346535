-- Find the transfers that were carried out before.
--
-- Parameters: p_tenant; p_transfers: as ledger_transfer_v1 takes them.
-- Answer: [{"o": ordinal, "journal", "at", "same": whether it is the same request}].
-- Locks: none.
-- Callers: ledger_transfer_v1.
CREATE OR REPLACE FUNCTION ledger_known_transfers_v1(p_tenant bigint, p_transfers jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'o', t.o, 'journal', k.journal_id, 'at', k.created_at,
                'same', k.fingerprint = decode(t.hash, 'hex'))), '[]')
            FROM jsonb_to_recordset(p_transfers) AS t(o integer, client text, key text, hash text)
            JOIN transfers k ON k.tenant_id = p_tenant AND k.client_id = t.client AND k.idempotency_key = t.key);
END $$;
