-- Read what a batch needs of its tenant: stores, registers, open days, accounts.
--
-- Parameters: p_tenant; p_asked: {"places": [[store, register or null]], "days": [date], "accounts": [[role, currency,
--     qualifier]]}.
-- Answer: {"stores": [[code, time zone, whether anything is dated by its clock]], "registers": [[store, register]],
--     "days": [the open ones], "accounts": [[place in the request from one, id]]}.
-- Locks: none.
-- Callers: pos/posting/tenant_memory.py.
CREATE OR REPLACE FUNCTION pos_known_v1(p_tenant bigint, p_asked jsonb) RETURNS json
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN json_build_object(
        'stores', (
            SELECT coalesce(json_agg(json_build_array(s.code, s.time_zone, s.time_zone_fixed_at IS NOT NULL)), '[]')
            FROM (SELECT DISTINCT x ->> 0 AS code FROM jsonb_array_elements(p_asked -> 'places') x) w
            CROSS JOIN LATERAL (
                SELECT s.code, s.time_zone, s.time_zone_fixed_at FROM stores s
                WHERE s.tenant_id = p_tenant AND s.code >= w.code AND s.code <= w.code ORDER BY s.code OFFSET 0) s),
        'registers', (
            SELECT coalesce(json_agg(json_build_array(w.store, w.register)), '[]')
            FROM (SELECT x ->> 0 AS store, x ->> 1 AS register FROM jsonb_array_elements(p_asked -> 'places') x) w
            CROSS JOIN LATERAL (
                SELECT s.id FROM stores s
                WHERE s.tenant_id = p_tenant AND s.code >= w.store AND s.code <= w.store ORDER BY s.code OFFSET 0) s
            CROSS JOIN LATERAL (
                SELECT FROM registers r
                WHERE r.tenant_id = p_tenant AND r.store_id = s.id AND r.code >= w.register AND r.code <= w.register
                ORDER BY r.code OFFSET 0) r),
        'days', (
            SELECT coalesce(json_agg(d.business_date), '[]')
            FROM jsonb_array_elements_text(p_asked -> 'days') w(day)
            CROSS JOIN LATERAL (
                SELECT d.business_date FROM periods d
                WHERE d.tenant_id = p_tenant AND d.business_date >= w.day::date AND d.business_date <= w.day::date
                  AND d.status = 'open' ORDER BY d.business_date OFFSET 0) d),
        'accounts', (
            SELECT coalesce(json_agg(json_build_array(w.place, a.id)), '[]')
            FROM jsonb_array_elements(p_asked -> 'accounts') WITH ORDINALITY w(ref, place)
            CROSS JOIN LATERAL (
                SELECT a.id FROM accounts a
                WHERE a.tenant_id = p_tenant AND a.role = w.ref ->> 0 AND a.qualifier = w.ref ->> 2 AND a.role <> ''
                  AND a.currency >= w.ref ->> 1 AND a.currency <= w.ref ->> 1 ORDER BY a.currency OFFSET 0) a));
END $$;
