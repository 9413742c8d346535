-- Refuse changes of daily sales without their mark in the same transaction (daily_sales_with_their_mark).
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger daily_sales.rows_come_with_their_mark (AFTER INSERT, each statement),
--   trigger daily_sales.rows_change_with_their_mark (AFTER UPDATE, each statement).
CREATE OR REPLACE FUNCTION pos_daily_sales_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT tenant_id FROM new_rows) n
               LEFT JOIN daily_sales_marks m ON m.tenant_id = n.tenant_id
               WHERE m.folded_by IS DISTINCT FROM pg_current_xact_id()) THEN
        PERFORM ledger_refuse_v1('daily_sales_with_their_mark', 'Daily sales change by a roll-up alone.');
    END IF;
    RETURN NULL;
END $$;
