-- Carry out one new transfer as a transaction of its own, with no more work than it needs.
--
-- Most transfers come alone and are accepted. In any other case it writes nothing, and Python calls ledger_transfer_v1.
--
-- Parameters: p_tenant; p_context: as ledger_transfer_v1 takes it; t: one element of its p_transfers.
-- Answer: {"done": [{"o", "journal", "at", "same", "new"}]}; or {"again": true}: the key is taken, an account or the
--     day does not take postings, the API key is not valid, or the tenant has another version.
-- Locks: the key, by the unique index: a transfer with the same key under way is waited for; then as ledger_post_v1.
--     Sets app.tenant_id.
-- Callers: ledger/transfers/transfer.py.
CREATE OR REPLACE FUNCTION ledger_transfer_alone_v1(p_tenant bigint, p_context jsonb, t jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    lines jsonb;
    taken boolean;
    row_id bigint;
    journal bigint;
    ignored text; -- an assignment is evaluated without the executor that PERFORM starts
BEGIN
    ignored := set_config('app.tenant_id', p_tenant::text, true);
    SELECT jsonb_agg(jsonb_build_object('o', 0, 'n', l -> 'n', 'a', a.id, 'c', l -> 'c', 'm', l -> 'm')),
           bool_and(a.id IS NOT NULL)
        INTO lines, taken
        FROM jsonb_array_elements(t -> 'lines') l
        LEFT JOIN accounts a ON a.tenant_id = p_tenant AND a.code = l ->> 'code' AND a.currency = l ->> 'c'
                            AND a.status = 'active';
    IF taken IS DISTINCT FROM true THEN
        RETURN '{"again": true}';
    END IF;
    journal := nextval('journals_id_seq');
    -- Whoever has the same key and is not done yet is waited for; then nothing is inserted here.
    INSERT INTO transfers (id, tenant_id, client_id, idempotency_key, fingerprint, journal_id, actor, memo, metadata,
                           entry_memos, created_at)
        SELECT nextval('transfers_id_seq'), p_tenant, t ->> 'client', t ->> 'key', decode(t ->> 'hash', 'hex'), journal,
               p_context ->> 'actor', t ->> 'memo', t -> 'meta', t -> 'memos', now()
        FROM tenants x JOIN periods d ON d.tenant_id = x.id AND d.business_date = (t ->> 'date')::date
        WHERE x.id = p_tenant AND d.status = 'open' AND x.version = (p_context ->> 'version')::integer
          AND (p_context ->> 'api_key' IS NULL OR EXISTS (
               SELECT FROM api_keys k WHERE k.tenant_id = p_tenant AND k.id = (p_context ->> 'api_key')::bigint
                 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())))
        ON CONFLICT DO NOTHING RETURNING id INTO row_id;
    IF row_id IS NULL THEN
        RETURN '{"again": true}';
    END IF;
    ignored := ledger_post_v1(p_tenant, jsonb_build_array(jsonb_build_object(
        'o', 0, 'id', journal, 'date', t -> 'date', 'at', p_context -> 'at', 'kind', 'TRANSFER', 'source', 'transfer',
        'key', row_id::text, 'ref', t -> 'ref', 'n', t -> 'n', 'rules', 1)), lines)::text;
    RETURN jsonb_build_object('done', jsonb_build_array(jsonb_build_object(
        'o', 0, 'journal', journal, 'at', now(), 'same', true, 'new', true)));
END $$;
