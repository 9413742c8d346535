-- Refuse to delete rows of daily sales (daily_sales_kept).
--
-- Parameters: none (a trigger function).
-- Answer: never returns; it raises.
-- Locks: none.
-- Callers: trigger daily_sales.rows_kept (BEFORE DELETE OR TRUNCATE, each statement).
CREATE OR REPLACE FUNCTION pos_daily_sales_kept_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_refuse_v1('daily_sales_kept', 'Rows of daily sales are never deleted.');
    RETURN NULL;
END $$;
