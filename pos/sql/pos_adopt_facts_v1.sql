-- Adopt headers that a dump brought from another cluster: all of them have ended, so they get the oldest transaction
-- number there is, and are rolled up and projected anew.
--
-- Once after a restore, while nobody posts.
--
-- Parameters: none.
-- Answer: none.
-- Locks: sales, ACCESS EXCLUSIVE; the second of two callers waits and then finds nothing to do.
-- Callers: pos_roll_up_sales_v1, pos_next_content_v1.
CREATE OR REPLACE FUNCTION pos_adopt_facts_v1() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE sales IN ACCESS EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM daily_sales_marks WHERE cluster <> pos_cluster_v1()) THEN
        RETURN; -- another one was first
    END IF;
    ALTER TABLE sales ALTER COLUMN xid TYPE xid8 USING '3'::xid8;
    UPDATE sale_content_marks SET cluster = pos_cluster_v1(), through_xid = '0';
    UPDATE daily_sales_marks SET cluster = pos_cluster_v1(), through_xid = '3', folded_by = pg_current_xact_id();
    UPDATE daily_sales SET
        facts_count = 0, baskets_count = 0, rung_count = 0, returns_count = 0, voids_count = 0, corrections_count = 0,
        items_count = 0, gross_minor = 0, returns_minor = 0, discounts_minor = 0, tax_minor = 0, tips_minor = 0,
        service_minor = 0, liabilities_minor = 0, total_minor = 0, cash_minor = 0, card_minor = 0, external_minor = 0,
        gift_card_minor = 0, store_credit_minor = 0, house_account_minor = 0, moved_cash_minor = 0;
END $$;

REVOKE ALL ON FUNCTION pos_adopt_facts_v1 FROM PUBLIC;
