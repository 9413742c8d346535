-- Guard the mark of a day: never deleted (sale_content_marks_kept), only forward (sale_content_marks_forward), never
-- past a transaction that still runs (sale_content_marks_settled). It may start over at zero: rows that exist stay.
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger sale_content_marks.marks_guard (BEFORE INSERT OR UPDATE OR DELETE, each row),
--   trigger sale_content_marks.marks_kept (BEFORE TRUNCATE, each statement).
CREATE OR REPLACE FUNCTION pos_content_marks_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        PERFORM ledger_refuse_v1('sale_content_marks_kept', 'The mark of a day is never deleted.');
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.cluster = OLD.cluster AND NEW.through_xid <= OLD.through_xid AND NEW.through_xid <> '0' THEN
        PERFORM ledger_refuse_v1('sale_content_marks_forward', 'The mark of a day only goes forward.');
    END IF;
    IF NEW.through_xid > pg_snapshot_xmin(pg_current_snapshot()) THEN
        PERFORM ledger_refuse_v1('sale_content_marks_settled', 'Nothing is passed while its transaction runs.');
    END IF;
    RETURN NEW;
END $$;
