-- Gold: what stores sold by business day. One function adds headers up; whoever reads adds those that came since.
--
-- A header says which transaction wrote it. Transactions below the oldest running one have all ended: what they wrote
-- is seen by everybody, and nothing joins it later. So the mark of a tenant is a transaction's number, never an id:
-- headers below it are in daily_sales, all others are in the rest, and each is in exactly one of them.

ALTER TABLE daily_sales_marks ADD COLUMN through_xid xid8 NOT NULL, ADD COLUMN folded_by xid8 NOT NULL;

-- The headers of a day from a transaction on: what a report adds to the roll-up, and what the roll-up folds.
CREATE INDEX sales_by_day ON sales (tenant_id, business_date, xid);

-- Transactions are counted by cluster. What a dump brought along names transactions of another one.
CREATE FUNCTION pos_cluster_v1() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT system_identifier FROM pg_control_system()
$$;

-- Headers of some days, written by transactions of [p_since, p_before), added up. The figures are defined here.
--   A move of cash has neither sale nor return nor total.
--   A correction has two headers, of what it replaces and of what it puts there; the second one is counted.
-- The planner knows nothing of how transactions are spread: told what to do, it reads one range of an index per day.
CREATE FUNCTION pos_facts_by_day_v1(p_tenant bigint, p_days date[], p_store text, p_since xid8, p_before xid8)
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

-- The report: roll-up and rest of one snapshot, that of the statement which calls it. Exact at any moment.
CREATE FUNCTION pos_daily_sales_v1(p_tenant bigint, p_from date, p_to date, p_store text)
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

-- Headers that a dump brought from another cluster: all that is seen now has ended, whatever number it has. They are
-- given the oldest number there is, and rolled up anew. Once after a restore; nobody posts meanwhile.
CREATE FUNCTION pos_adopt_facts_v1() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE sales IN ACCESS EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM daily_sales_marks WHERE cluster <> pos_cluster_v1()) THEN
        RETURN; -- another one was first
    END IF;
    ALTER TABLE sales ALTER COLUMN xid TYPE xid8 USING '3'::xid8;
    UPDATE daily_sales_marks SET cluster = pos_cluster_v1(), through_xid = '3', folded_by = pg_current_xact_id();
    UPDATE daily_sales SET
        facts_count = 0, baskets_count = 0, rung_count = 0, returns_count = 0, voids_count = 0, corrections_count = 0,
        items_count = 0, gross_minor = 0, returns_minor = 0, discounts_minor = 0, tax_minor = 0, tips_minor = 0,
        service_minor = 0, liabilities_minor = 0, total_minor = 0, cash_minor = 0, card_minor = 0, external_minor = 0,
        gift_card_minor = 0, store_credit_minor = 0, house_account_minor = 0, moved_cash_minor = 0;
END $$;
REVOKE ALL ON FUNCTION pos_adopt_facts_v1() FROM PUBLIC;

-- Folds what has been written since the tenant's mark by transactions that have ended. Writers do not wait for it; a
-- second one goes away. :returns: {"facts": how many}, or {"busy": true}.
-- SECURITY DEFINER: the application role itself may not write gold.
CREATE FUNCTION pos_roll_up_sales_v1(p_tenant bigint) RETURNS jsonb
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
REVOKE ALL ON FUNCTION pos_roll_up_sales_v1(bigint) FROM PUBLIC;

-- ── Guards, whoever writes ─────────────────────────────────────────────────────────────────────
-- A mark goes forward, and never past a transaction that still runs; in another cluster it starts over.
CREATE FUNCTION pos_sales_marks_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        PERFORM ledger_refuse_v1('daily_sales_marks_kept', 'The mark of a roll-up is never deleted.');
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.cluster = OLD.cluster AND NEW.through_xid <= OLD.through_xid THEN
        PERFORM ledger_refuse_v1('daily_sales_marks_forward', 'The mark of a roll-up only goes forward.');
    END IF;
    IF NEW.through_xid > pg_snapshot_xmin(pg_current_snapshot()) OR NEW.folded_by <> pg_current_xact_id() THEN
        PERFORM ledger_refuse_v1('daily_sales_marks_settled', 'Nothing is rolled up while its transaction runs.');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER marks_guard BEFORE INSERT OR UPDATE OR DELETE ON daily_sales_marks
    FOR EACH ROW EXECUTE FUNCTION pos_sales_marks_guard_v1();
ALTER TABLE daily_sales_marks ENABLE ALWAYS TRIGGER marks_guard;
CREATE TRIGGER marks_kept BEFORE TRUNCATE ON daily_sales_marks
    FOR EACH STATEMENT EXECUTE FUNCTION pos_sales_marks_guard_v1();
ALTER TABLE daily_sales_marks ENABLE ALWAYS TRIGGER marks_kept;

-- Gold changes with its mark or not at all, and no row of it goes.
CREATE FUNCTION pos_daily_sales_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT tenant_id FROM new_rows) n
               LEFT JOIN daily_sales_marks m ON m.tenant_id = n.tenant_id
               WHERE m.folded_by IS DISTINCT FROM pg_current_xact_id()) THEN
        PERFORM ledger_refuse_v1('daily_sales_with_their_mark', 'Daily sales change by a roll-up alone.');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER rows_come_with_their_mark AFTER INSERT ON daily_sales
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_daily_sales_guard_v1();
ALTER TABLE daily_sales ENABLE ALWAYS TRIGGER rows_come_with_their_mark;
CREATE TRIGGER rows_change_with_their_mark AFTER UPDATE ON daily_sales
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_daily_sales_guard_v1();
ALTER TABLE daily_sales ENABLE ALWAYS TRIGGER rows_change_with_their_mark;

CREATE FUNCTION pos_daily_sales_kept_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_refuse_v1('daily_sales_kept', 'Rows of daily sales are never deleted.');
    RETURN NULL;
END $$;

CREATE TRIGGER rows_kept BEFORE DELETE OR TRUNCATE ON daily_sales
    FOR EACH STATEMENT EXECUTE FUNCTION pos_daily_sales_kept_v1();
ALTER TABLE daily_sales ENABLE ALWAYS TRIGGER rows_kept;
