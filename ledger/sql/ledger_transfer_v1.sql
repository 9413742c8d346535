-- Carry out transfers: all of a call stand, or none does. Every line that is wrong is named; the guards judge again.
--
-- Should another call carry out one of them meanwhile, this one fails with 23505, and finds it done when it is tried
-- again.
--
-- Parameters: p_tenant; p_context: {"version": the tenant's, "api_key": id or null, "actor", "at"};
--   p_transfers: [{"o": ordinal, "client", "key", "hash": fingerprint in hex, "date", "ref", "memo", "meta": {}, "n":
--     number of lines, "memos": a text or null per line, "lines": [{"n", "code", "c": currency, "m": minor units}]}],
--     no key twice.
-- Answer: one of
--   {"stale": true}: the API key is no longer valid, or the tenant has another version;
--   {"accounts": [{"o", "n", "why": unknown | currency | blocked | closed, "ccy"}]};
--   {"days": [{"o", "date", "state": none | closed}]};
--   {"done": [{"o", "journal", "at", "same", "new": true when it was written now}]};
--   nothing is written unless something in "done" is new.
-- Locks: keys in their order, by the unique index, so that two calls with the same ones never wait crosswise; then as
--     ledger_post_v1. Sets app.tenant_id.
-- Callers: ledger/transfers/transfer.py.
CREATE OR REPLACE FUNCTION ledger_transfer_v1(p_tenant bigint, p_context jsonb, p_transfers jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    done jsonb;
    fresh jsonb := p_transfers;
    problems jsonb;
    lines jsonb;
    live boolean;
    ignored text; -- an assignment is evaluated without the executor that PERFORM starts
BEGIN
    ignored := set_config('app.tenant_id', p_tenant::text, true);
    SELECT t.version = (p_context ->> 'version')::integer AND (p_context ->> 'api_key' IS NULL OR EXISTS (
               SELECT FROM api_keys k WHERE k.tenant_id = p_tenant AND k.id = (p_context ->> 'api_key')::bigint
                 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())))
        INTO live FROM tenants t WHERE t.id = p_tenant;
    IF live IS DISTINCT FROM true THEN
        RETURN '{"stale": true}';
    END IF;
    done := ledger_known_transfers_v1(p_tenant, p_transfers);
    IF done <> '[]' THEN
        SELECT coalesce(jsonb_agg(t), '[]') INTO fresh FROM jsonb_array_elements(p_transfers) t
            WHERE NOT done @> jsonb_build_array(jsonb_build_object('o', t -> 'o'));
        IF fresh = '[]' OR done @> '[{"same": false}]' THEN
            RETURN jsonb_build_object('done', done);
        END IF;
    END IF;
    -- The guards judge again what is judged here; here every line that is wrong is named.
    SELECT jsonb_agg(l || jsonb_build_object('o', t -> 'o', 'a', a.id, 'ccy', a.currency, 'why', CASE
               WHEN a.id IS NULL THEN 'unknown' WHEN a.currency <> l ->> 'c' THEN 'currency'
               WHEN a.status <> 'active' THEN a.status END))
        INTO lines
        FROM jsonb_array_elements(fresh) t CROSS JOIN LATERAL jsonb_array_elements(t -> 'lines') l
        LEFT JOIN accounts a ON a.tenant_id = p_tenant AND a.code = l ->> 'code';
    SELECT jsonb_agg(jsonb_build_object('o', l -> 'o', 'n', l -> 'n', 'why', l -> 'why', 'ccy', l -> 'ccy'))
        INTO problems FROM jsonb_array_elements(lines) l WHERE l ->> 'why' IS NOT NULL;
    IF problems IS NOT NULL THEN
        RETURN jsonb_build_object('accounts', problems);
    END IF;
    SELECT jsonb_agg(jsonb_build_object('o', t.o, 'date', t.date, 'state', coalesce(d.status, 'none'))) INTO problems
        FROM jsonb_to_recordset(fresh) AS t(o integer, date date)
        LEFT JOIN periods d ON d.tenant_id = p_tenant AND d.business_date = t.date
        WHERE d.status IS DISTINCT FROM 'open';
    IF problems IS NOT NULL THEN
        RETURN jsonb_build_object('days', problems);
    END IF;
    SELECT jsonb_agg(t || jsonb_build_object('id', nextval('journals_id_seq'), 'row', nextval('transfers_id_seq')))
        INTO fresh FROM jsonb_array_elements(fresh) t;
    -- In the order of the keys, so that two calls with the same ones never wait crosswise.
    INSERT INTO transfers (id, tenant_id, client_id, idempotency_key, fingerprint, journal_id, actor, memo, metadata,
                           entry_memos, created_at)
        SELECT t."row", p_tenant, t.client, t.key, decode(t.hash, 'hex'), t.id, p_context ->> 'actor', t.memo, t.meta,
               t.memos, now()
        FROM jsonb_to_recordset(fresh) AS t("row" bigint, id bigint, client text, key text, hash text, memo text,
                                            meta jsonb, memos jsonb)
        ORDER BY t.client, t.key;
    ignored := ledger_post_v1(p_tenant, (
        SELECT jsonb_agg(jsonb_build_object(
            'o', t -> 'o', 'id', t -> 'id', 'date', t -> 'date', 'at', p_context -> 'at', 'kind', 'TRANSFER',
            'source', 'transfer', 'key', t ->> 'row', 'ref', t -> 'ref', 'n', t -> 'n', 'rules', 1))
        FROM jsonb_array_elements(fresh) t), lines)::text;
    RETURN jsonb_build_object('done', done || (
        SELECT jsonb_agg(jsonb_build_object('o', t -> 'o', 'journal', t -> 'id', 'at', now(), 'same', true, 'new', true))
        FROM jsonb_array_elements(fresh) t));
END $$;
