-- Add up headers of some days, written by transactions of [p_since, p_before). The figures of daily sales are defined
-- here.
--
-- A move of cash has neither sale nor return nor total. A correction has two headers, the mirror of the replaced one
-- and the new one; the second one is counted. The planner knows nothing of how transactions are spread: with these
-- settings it reads one range of an index per day.
--
-- Parameters: p_tenant; p_days; p_store: code, or null for all; p_since, p_before: transaction numbers.
-- Answer: rows of daily_sales.
-- Locks: none.
-- Callers: pos/reports/reconciliation.py, pos_daily_sales_v1, pos_roll_up_sales_v1.
CREATE OR REPLACE FUNCTION pos_facts_by_day_v1(p_tenant bigint, p_days date[], p_store text, p_since xid8, p_before xid8)
RETURNS SETOF daily_sales LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT p_tenant, s.business_date, s.store_code, s.currency, count(*),
               sum(s.sales_count)::bigint,
               coalesce(sum(s.sales_count) FILTER (WHERE s.event_type = 'SALE'), 0)::bigint,
               sum(s.returns_count)::bigint,
               coalesce(sum(s.sign) FILTER (WHERE s.event_type IN ('VOID', 'CANCEL')), 0)::bigint,
               coalesce(sum(s.sign) FILTER (
                   WHERE s.event_type = 'CORRECTION' AND s.sales_count + s.returns_count = s.sign), 0)::bigint,
               sum(s.items)::bigint, sum(s.gross_minor)::bigint, sum(s.returns_minor)::bigint,
               sum(s.discounts_minor)::bigint, sum(s.tax_minor)::bigint, sum(s.tips_minor)::bigint,
               sum(s.service_minor)::bigint, sum(s.liabilities_minor)::bigint, sum(s.total_minor)::bigint,
               coalesce(sum(s.cash_minor) FILTER (
                   WHERE s.sales_count <> 0 OR s.returns_count <> 0 OR s.total_minor <> 0), 0)::bigint,
               sum(s.card_minor)::bigint, sum(s.external_minor)::bigint, sum(s.gift_card_minor)::bigint,
               sum(s.store_credit_minor)::bigint, sum(s.house_account_minor)::bigint,
               coalesce(sum(s.cash_minor) FILTER (
                   WHERE s.sales_count = 0 AND s.returns_count = 0 AND s.total_minor = 0), 0)::bigint
        FROM unnest(p_days) AS d(day)
        JOIN sales s ON s.tenant_id = p_tenant AND s.business_date = d.day AND s.xid >= p_since AND s.xid < p_before
        WHERE p_store IS NULL OR s.store_code = p_store
        GROUP BY s.business_date, s.store_code, s.currency;
END $$;
