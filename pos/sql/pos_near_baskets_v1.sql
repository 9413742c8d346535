-- Find the nearest equal basket that was sold under another key within some seconds.
--
-- Parameters: p_tenant; p_seconds; p_baskets: [{"o": ordinal, "k": event key, "basket": SHA-256 in hex, "at"}].
-- Answer: {"ordinal": key of the nearest one}.
-- Locks: advisory locks of the baskets, 64 for a tenant, in their order, until commit: of two at once the second one
--     sees the first one's sale, and a batch holds no more than 64.
-- Callers: pos/intake/near_duplicates.py.
CREATE OR REPLACE FUNCTION pos_near_baskets_v1(p_tenant bigint, p_seconds integer, p_baskets jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('basket ' || p_tenant, l.bucket)) FROM (
        SELECT DISTINCT get_byte(decode(x.basket, 'hex'), 0) % 64 AS bucket
        FROM jsonb_to_recordset(p_baskets) AS x(basket text) ORDER BY 1) l;
    RETURN (
        SELECT coalesce(jsonb_object_agg(x.o, n.event_key), '{}')
        FROM jsonb_to_recordset(p_baskets) AS x(o integer, k text, basket text, at timestamptz)
        CROSS JOIN LATERAL (
            SELECT b.event_key FROM event_baskets b
            WHERE b.tenant_id = p_tenant AND b.basket = decode(x.basket, 'hex') AND b.event_key <> x.k
              AND b.occurred_at >= x.at - make_interval(secs => p_seconds)
              AND b.occurred_at <= x.at + make_interval(secs => p_seconds)
            ORDER BY abs(extract(epoch FROM b.occurred_at - x.at)), b.event_key LIMIT 1) n);
END $$;
