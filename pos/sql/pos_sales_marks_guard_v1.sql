-- Guard the mark of a roll-up: never deleted (daily_sales_marks_kept), only forward (daily_sales_marks_forward), never
-- past a transaction that still runs (daily_sales_marks_settled); in another cluster it starts over.
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger daily_sales_marks.marks_guard (BEFORE INSERT OR UPDATE OR DELETE, each row),
--   trigger daily_sales_marks.marks_kept (BEFORE TRUNCATE, each statement).
CREATE OR REPLACE FUNCTION pos_sales_marks_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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
