-- Gold changes with its mark or not at all, and no row of it goes.
CREATE OR REPLACE FUNCTION pos_daily_sales_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT tenant_id FROM new_rows) n
               LEFT JOIN daily_sales_marks m ON m.tenant_id = n.tenant_id
               WHERE m.folded_by IS DISTINCT FROM pg_current_xact_id()) THEN
        PERFORM ledger_refuse_v1('daily_sales_with_their_mark', 'Daily sales change by a roll-up alone.');
    END IF;
    RETURN NULL;
END $$;
