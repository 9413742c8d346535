-- Write what few arrivals have: references, cases and waits.
--
-- Parameters: p_tenant, p_raw_ids, p_keys, p_stores, p_whys, p_cases, p_drafts, p_more: as pos_take_many_v1 takes
--     them;
--   p_journal_ids: of the drafts; p_mine: which arrivals' keys were new, or null for all.
-- Answer: none.
-- Locks: none.
-- Callers: pos_take_many_v1.
CREATE OR REPLACE FUNCTION pos_take_more_v1(
    p_tenant bigint, p_raw_ids bigint[], p_keys text[], p_stores text[], p_whys text[], p_cases uuid[], p_drafts bigint[],
    p_more jsonb, p_journal_ids bigint[], p_mine boolean[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('j', p_journal_ids[p_drafts[m.place]], 'k', p_keys[m.place],
                                        'rows', m.said -> 'r') ORDER BY m.place)
               FILTER (WHERE m.said ? 'r') AS refs,
           jsonb_agg(jsonb_build_object('id', p_cases[m.place], 'key', p_keys[m.place], 'raw', p_raw_ids[m.place],
                                        'store', left(p_stores[m.place], 64), 'reason', p_whys[m.place],
                                        'details', m.said -> 'details', 'risk', m.said -> 'risk',
                                        'currency', m.said -> 'cur') ORDER BY m.place)
               FILTER (WHERE p_cases[m.place] IS NOT NULL) AS cases,
           bool_or(m.said ? 'w') AS waits
        INTO found
        FROM (SELECT key::integer AS place, value AS said FROM jsonb_each(p_more)) m
        WHERE p_mine IS NULL OR p_mine[m.place];
    IF found.refs IS NOT NULL THEN
        PERFORM pos_record_facts_v1(p_tenant, '[]', found.refs);
    END IF;
    IF found.cases IS NOT NULL THEN
        PERFORM exceptions_open_v1(p_tenant, found.cases);
    END IF;
    IF found.waits THEN
        INSERT INTO event_waits (tenant_id, event_key, original_key, store_code, txn_id)
            SELECT p_tenant, p_keys[m.place], m.said -> 'w' ->> 'of', p_stores[m.place], m.said -> 'w' ->> 'tx'
            FROM (SELECT key::integer AS place, value AS said FROM jsonb_each(p_more)) m
            WHERE m.said ? 'w' AND (p_mine IS NULL OR p_mine[m.place]) ORDER BY m.place;
    END IF;
END $$;
