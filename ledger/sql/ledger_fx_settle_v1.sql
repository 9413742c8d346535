-- Write a settlement and its two journals.
--
-- The key is written first: the second of two settlements with one key waits, fails with 23505, and finds the first one
-- done when it is tried again.
--
-- Parameters: p_tenant;
--   p_given: {"client", "key", "hash": hex, "actor", "from": account id, "to": account id, "source": currency,
--     "target": currency, "minor", "converted", "shift", "rate": id, "value": decimal text, "inverted", "day",
--     "as_of", "memo", "ref", "clear_source": account id, "clear_target": account id}.
-- Answer: {"id": of the settlement}.
-- Locks: the key, by the unique index; then as ledger_post_v1.
-- Callers: ledger/fx/settle.py.
CREATE OR REPLACE FUNCTION ledger_fx_settle_v1(p_tenant bigint, p_given jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    g record;
    number bigint := nextval('fx_settlements_id_seq');
    source_journal bigint := nextval('journals_id_seq');
    target_journal bigint := nextval('journals_id_seq');
    journal jsonb;
BEGIN
    SELECT * INTO g FROM jsonb_to_record(p_given) AS r(
        client text, key text, hash text, actor text, "from" bigint, "to" bigint, source text, target text,
        minor bigint, converted bigint, shift smallint, rate bigint, value numeric, inverted boolean, day date,
        as_of timestamptz, memo text, ref text, clear_source bigint, clear_target bigint);
    INSERT INTO fx_settlements (id, tenant_id, client_id, idempotency_key, fingerprint, actor, from_account_id,
                                to_account_id, source_currency, target_currency, amount_minor, converted_minor, shift,
                                rate_id, rate_value, inverted, business_date, as_of, memo, source_journal_id,
                                target_journal_id, created_at)
        VALUES (number, p_tenant, g.client, g.key, decode(g.hash, 'hex'), g.actor, g."from", g."to", g.source, g.target,
                g.minor, g.converted, g.shift, g.rate, g.value, g.inverted, g.day, g.as_of, g.memo, source_journal,
                target_journal, now());
    journal := jsonb_build_object('date', g.day, 'at', g.as_of, 'kind', 'FX_SETTLEMENT', 'source', 'fx', 'ref', g.ref,
                                  'n', 2, 'rules', 1);
    PERFORM ledger_post_v1(p_tenant,
        jsonb_build_array(
            journal || jsonb_build_object('o', 1, 'id', source_journal, 'key', format('settlement:%s:source', number)),
            journal || jsonb_build_object('o', 2, 'id', target_journal, 'key', format('settlement:%s:target', number))),
        jsonb_build_array(
            jsonb_build_object('o', 1, 'n', 1, 'a', g.clear_source, 'c', g.source, 'm', g.minor),
            jsonb_build_object('o', 1, 'n', 2, 'a', g."from", 'c', g.source, 'm', -g.minor),
            jsonb_build_object('o', 2, 'n', 1, 'a', g."to", 'c', g.target, 'm', g.converted),
            jsonb_build_object('o', 2, 'n', 2, 'a', g.clear_target, 'c', g.target, 'm', -g.converted)));
    RETURN jsonb_build_object('id', number);
END $$;
