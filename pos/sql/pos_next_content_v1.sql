-- Choose the headers whose lines, tenders and taxes are read next: of the newest day with headers above its mark.
--
-- A mark per business day, since headers are indexed by day and transaction: the rest to do is one range of that index
-- per day. Headers of one transaction stay together.
--
-- Parameters: p_tenant; p_limit: about how many headers; p_first, p_last: days, both included.
-- Answer: {"day", "since", "before"}: headers of transactions in [since, before); {} when nothing is left; {"busy":
--     true} while another one reads.
-- Locks: tries the advisory lock (32, tenant), which is held until the caller commits.
-- Callers: pos/sales/projection.py.
CREATE OR REPLACE FUNCTION pos_next_content_v1(p_tenant bigint, p_limit integer, p_first date, p_last date) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    horizon xid8;
    wanted date;
    since xid8;
    before xid8;
BEGIN
    IF NOT pg_try_advisory_xact_lock(32, hashint8(p_tenant)) THEN
        RETURN '{"busy": true}';
    END IF;
    IF EXISTS (SELECT FROM daily_sales_marks WHERE cluster <> pos_cluster_v1()) THEN
        PERFORM pos_adopt_facts_v1();
    END IF;
    horizon := pg_snapshot_xmin(pg_current_snapshot());
    WITH RECURSIVE known(day) AS ( -- newest first, one look-up per day
        SELECT max(s.business_date) FROM sales s
        WHERE s.tenant_id = p_tenant AND s.business_date >= p_first AND s.business_date <= p_last
        UNION ALL
        SELECT (SELECT max(s.business_date) FROM sales s
                WHERE s.tenant_id = p_tenant AND s.business_date >= p_first AND s.business_date < k.day)
        FROM known k WHERE k.day IS NOT NULL
    )
    SELECT k.day, coalesce(m.through_xid, '0') INTO wanted, since
    FROM known k
    LEFT JOIN sale_content_marks m
        ON m.tenant_id = p_tenant AND m.business_date = k.day AND m.cluster = pos_cluster_v1()
    WHERE k.day IS NOT NULL AND EXISTS (
        SELECT FROM sales s WHERE s.tenant_id = p_tenant AND s.business_date = k.day
        AND s.xid >= coalesce(m.through_xid, '0') AND s.xid < horizon)
    LIMIT 1;
    IF wanted IS NULL THEN
        RETURN '{}';
    END IF;
    SELECT (s.xid::text::numeric + 1)::text::xid8 INTO before FROM sales s
        WHERE s.tenant_id = p_tenant AND s.business_date = wanted AND s.xid >= since AND s.xid < horizon
        ORDER BY s.xid OFFSET p_limit - 1 LIMIT 1;
    RETURN jsonb_build_object('day', wanted, 'since', since::text, 'before', coalesce(before, horizon)::text);
END $$;

REVOKE ALL ON FUNCTION pos_next_content_v1 FROM PUBLIC;
