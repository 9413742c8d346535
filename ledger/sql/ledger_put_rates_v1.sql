-- Write the rates that differ from the current ones, each as the next version.
--
-- Parameters: p_tenant, p_source, p_actor; p_rates: [{"base", "quote", "rate": decimal text, "from": instant}], no
--     pair and instant twice.
-- Answer: {"new": how many were written}.
-- Locks: the advisory lock (hashtext('fx_rates'), tenant), alone, until commit: the second of two writers sees the
--     versions of the first.
-- Callers: ledger/fx/record_rates.py.
CREATE OR REPLACE FUNCTION ledger_put_rates_v1(p_tenant bigint, p_source text, p_actor text, p_rates jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    written integer;
BEGIN
    -- Those who write rates of one tenant take turns: the second sees the first one's versions.
    PERFORM pg_advisory_xact_lock(hashtext('fx_rates'), p_tenant::integer);
    INSERT INTO fx_rates (tenant_id, base, quote, rate, valid_from, version, source, actor)
        SELECT p_tenant, g.base, g.quote, g.rate, g."from", coalesce(c.version, 0) + 1, p_source, p_actor
        FROM jsonb_to_recordset(p_rates) AS g(base text, quote text, rate numeric, "from" timestamptz)
        LEFT JOIN LATERAL (
            SELECT version, rate FROM fx_rates
            WHERE tenant_id = p_tenant AND base = g.base AND quote = g.quote AND valid_from = g."from"
            ORDER BY version DESC LIMIT 1
        ) c ON true
        WHERE c.rate IS DISTINCT FROM g.rate
        ORDER BY g.base, g.quote, g."from";
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN jsonb_build_object('new', written);
END $$;
