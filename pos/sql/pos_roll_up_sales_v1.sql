-- Roll up the headers of a tenant that ended transactions have written since its mark.
--
-- The horizon is taken before anything is read: every transaction below it has ended, and is seen by each later
-- statement. So the mark is a transaction's number, never an id: headers below it are in daily_sales, all others in the
-- rest, and each in exactly one of them. SECURITY DEFINER: the application role itself may not write daily_sales.
--
-- Parameters: p_tenant.
-- Answer: {"facts": how many}, or {"busy": true} while another one rolls up.
-- Locks: tries the advisory lock (31, tenant) until commit. Writers of headers do not wait for it.
-- Callers: pos/reports/roll_up.py.
CREATE OR REPLACE FUNCTION pos_roll_up_sales_v1(p_tenant bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    mark daily_sales_marks;
    horizon xid8;
    since xid8;
    days date[];
    folded bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(31, hashint8(p_tenant)) THEN
        RETURN '{"busy": true}';
    END IF;
    SELECT * INTO mark FROM daily_sales_marks WHERE tenant_id = p_tenant;
    IF mark.cluster <> pos_cluster_v1() THEN
        PERFORM pos_adopt_facts_v1();
        SELECT * INTO mark FROM daily_sales_marks WHERE tenant_id = p_tenant;
    END IF;
    since := coalesce(mark.through_xid, '0');
    -- Taken before anything is read: whoever is below it has ended, and is seen by every statement that follows.
    horizon := pg_snapshot_xmin(pg_current_snapshot());
    WITH RECURSIVE known(day) AS ( -- one look-up per day the tenant ever sold on
        SELECT min(s.business_date) FROM sales s WHERE s.tenant_id = p_tenant
        UNION ALL
        SELECT (SELECT min(s.business_date) FROM sales s WHERE s.tenant_id = p_tenant AND s.business_date > k.day)
        FROM known k WHERE k.day IS NOT NULL
    )
    SELECT array_agg(k.day) INTO days FROM known k WHERE EXISTS (
        SELECT FROM sales s
        WHERE s.tenant_id = p_tenant AND s.business_date = k.day AND s.xid >= since AND s.xid < horizon);
    IF days IS NULL THEN
        RETURN '{"facts": 0}';
    END IF;
    INSERT INTO daily_sales_marks (tenant_id, cluster, rolled_up_at, through_xid, folded_by)
        VALUES (p_tenant, pos_cluster_v1(), clock_timestamp(), horizon, pg_current_xact_id())
        ON CONFLICT (tenant_id) DO UPDATE SET rolled_up_at = excluded.rolled_up_at, through_xid = excluded.through_xid,
            folded_by = excluded.folded_by;
    WITH fold AS MATERIALIZED (
        SELECT f.* FROM pos_facts_by_day_v1(p_tenant, days, NULL, since, horizon) f
    ), kept AS (
        INSERT INTO daily_sales AS g SELECT * FROM fold
        ON CONFLICT (tenant_id, business_date, store_code, currency) DO UPDATE SET
            facts_count = g.facts_count + excluded.facts_count,
            baskets_count = g.baskets_count + excluded.baskets_count, rung_count = g.rung_count + excluded.rung_count,
            returns_count = g.returns_count + excluded.returns_count,
            voids_count = g.voids_count + excluded.voids_count,
            corrections_count = g.corrections_count + excluded.corrections_count,
            items_count = g.items_count + excluded.items_count, gross_minor = g.gross_minor + excluded.gross_minor,
            returns_minor = g.returns_minor + excluded.returns_minor,
            discounts_minor = g.discounts_minor + excluded.discounts_minor,
            tax_minor = g.tax_minor + excluded.tax_minor, tips_minor = g.tips_minor + excluded.tips_minor,
            service_minor = g.service_minor + excluded.service_minor,
            liabilities_minor = g.liabilities_minor + excluded.liabilities_minor,
            total_minor = g.total_minor + excluded.total_minor, cash_minor = g.cash_minor + excluded.cash_minor,
            card_minor = g.card_minor + excluded.card_minor,
            external_minor = g.external_minor + excluded.external_minor,
            gift_card_minor = g.gift_card_minor + excluded.gift_card_minor,
            store_credit_minor = g.store_credit_minor + excluded.store_credit_minor,
            house_account_minor = g.house_account_minor + excluded.house_account_minor,
            moved_cash_minor = g.moved_cash_minor + excluded.moved_cash_minor
    )
    SELECT sum(facts_count) INTO folded FROM fold;
    RETURN jsonb_build_object('facts', folded);
END $$;

REVOKE ALL ON FUNCTION pos_roll_up_sales_v1 FROM PUBLIC;
