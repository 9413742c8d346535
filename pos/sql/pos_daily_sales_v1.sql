-- Report daily sales: the roll-up and the rest of one snapshot, that of the calling statement. Exact at any moment.
--
-- Parameters: p_tenant; p_from, p_to: days, both included; p_store: code, or null for all.
-- Answer: rows of daily_sales.
-- Locks: none.
-- Callers: pos/reports/daily_sales.py, ledgersafe/simulation/fingerprint.py.
CREATE OR REPLACE FUNCTION pos_daily_sales_v1(p_tenant bigint, p_from date, p_to date, p_store text)
RETURNS SETOF daily_sales LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    through xid8;
BEGIN
    SELECT m.through_xid INTO through FROM daily_sales_marks m
        WHERE m.tenant_id = p_tenant AND m.cluster = pos_cluster_v1();
    RETURN QUERY
        SELECT p_tenant, x.business_date, x.store_code, x.currency,
               sum(x.facts_count)::bigint, sum(x.baskets_count)::bigint, sum(x.rung_count)::bigint,
               sum(x.returns_count)::bigint, sum(x.voids_count)::bigint, sum(x.corrections_count)::bigint,
               sum(x.items_count)::bigint, sum(x.gross_minor)::bigint, sum(x.returns_minor)::bigint,
               sum(x.discounts_minor)::bigint, sum(x.tax_minor)::bigint, sum(x.tips_minor)::bigint,
               sum(x.service_minor)::bigint, sum(x.liabilities_minor)::bigint, sum(x.total_minor)::bigint,
               sum(x.cash_minor)::bigint, sum(x.card_minor)::bigint, sum(x.external_minor)::bigint,
               sum(x.gift_card_minor)::bigint, sum(x.store_credit_minor)::bigint, sum(x.house_account_minor)::bigint,
               sum(x.moved_cash_minor)::bigint
        FROM (
            SELECT g.* FROM daily_sales g
            WHERE through IS NOT NULL AND g.tenant_id = p_tenant AND g.business_date BETWEEN p_from AND p_to
              AND (p_store IS NULL OR g.store_code = p_store)
            UNION ALL
            SELECT f.* FROM pos_facts_by_day_v1(
                p_tenant, ARRAY(SELECT generate_series(p_from::timestamp, p_to, '1 day')::date), p_store,
                coalesce(through, '0'), '18446744073709551615') f
        ) x
        GROUP BY x.business_date, x.store_code, x.currency
        HAVING sum(x.facts_count) <> 0;
END $$;
