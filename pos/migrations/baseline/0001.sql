-- Ids that the functions draw themselves.
CREATE SEQUENCE events_raw_id_seq AS bigint OWNED BY events_raw.id;
CREATE SEQUENCE events_processed_id_seq AS bigint OWNED BY events_processed.id;

-- The transaction that wrote a header, and how far the sums by day and the lines have come: ids alone would miss rows
-- that commit later. Django knows no xid8.
ALTER TABLE sales ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE daily_sales_marks ADD COLUMN through_xid xid8 NOT NULL, ADD COLUMN folded_by xid8 NOT NULL;
ALTER TABLE sale_content_marks ADD COLUMN through_xid xid8 NOT NULL;
CREATE INDEX sales_by_day ON sales (tenant_id, business_date, xid);

-- Any number of decimals, exactly as the till said them.
ALTER TABLE sale_lines ALTER COLUMN quantity TYPE numeric;
ALTER TABLE event_baskets ADD CONSTRAINT event_baskets_whole_fingerprint CHECK (length(basket) = 32);

-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CREATE TRIGGER rows_change_with_their_mark AFTER UPDATE ON daily_sales REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_daily_sales_guard_v1();
ALTER TABLE daily_sales ENABLE ALWAYS TRIGGER rows_change_with_their_mark;
CREATE TRIGGER rows_come_with_their_mark AFTER INSERT ON daily_sales REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_daily_sales_guard_v1();
ALTER TABLE daily_sales ENABLE ALWAYS TRIGGER rows_come_with_their_mark;
CREATE TRIGGER rows_kept BEFORE DELETE OR TRUNCATE ON daily_sales
    FOR EACH STATEMENT EXECUTE FUNCTION pos_daily_sales_kept_v1();
ALTER TABLE daily_sales ENABLE ALWAYS TRIGGER rows_kept;

CREATE TRIGGER marks_guard BEFORE INSERT OR DELETE OR UPDATE ON daily_sales_marks
    FOR EACH ROW EXECUTE FUNCTION pos_sales_marks_guard_v1();
ALTER TABLE daily_sales_marks ENABLE ALWAYS TRIGGER marks_guard;
CREATE TRIGGER marks_kept BEFORE TRUNCATE ON daily_sales_marks
    FOR EACH STATEMENT EXECUTE FUNCTION pos_sales_marks_guard_v1();
ALTER TABLE daily_sales_marks ENABLE ALWAYS TRIGGER marks_kept;

CALL ledgersafe_make_append_only_v1('device_gap_explanations');
CREATE TRIGGER explanations_guard BEFORE INSERT ON device_gap_explanations
    FOR EACH ROW EXECUTE FUNCTION pos_gap_explanations_guard_v1();
ALTER TABLE device_gap_explanations ENABLE ALWAYS TRIGGER explanations_guard;

CREATE TRIGGER ranges_come_apart AFTER INSERT ON device_ranges REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_device_ranges_guard_v1();
ALTER TABLE device_ranges ENABLE ALWAYS TRIGGER ranges_come_apart;
CREATE TRIGGER ranges_stay_apart AFTER UPDATE ON device_ranges REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_device_ranges_guard_v1();
ALTER TABLE device_ranges ENABLE ALWAYS TRIGGER ranges_stay_apart;

CALL ledgersafe_make_append_only_v1('event_baskets');

CALL ledgersafe_make_append_only_v1('event_outcomes');
CREATE TRIGGER outcomes_guard AFTER INSERT ON event_outcomes REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_outcomes_guard_v1();
ALTER TABLE event_outcomes ENABLE ALWAYS TRIGGER outcomes_guard;

CREATE TRIGGER versions_guard BEFORE DELETE OR UPDATE ON event_versions
    FOR EACH ROW EXECUTE FUNCTION pos_versions_guard_v1();
ALTER TABLE event_versions ENABLE ALWAYS TRIGGER versions_guard;

CALL ledgersafe_make_append_only_v1('event_waits');

CREATE TRIGGER keys_guard BEFORE DELETE OR UPDATE ON events_processed
    FOR EACH ROW EXECUTE FUNCTION pos_keys_guard_v1();
ALTER TABLE events_processed ENABLE ALWAYS TRIGGER keys_guard;
CREATE CONSTRAINT TRIGGER originals_guard AFTER UPDATE OF journal_id, status ON events_processed DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pos_originals_guard_v1();
ALTER TABLE events_processed ENABLE ALWAYS TRIGGER originals_guard;

CALL ledgersafe_make_append_only_v1('events_raw');

CREATE TRIGGER marks_guard BEFORE INSERT OR DELETE OR UPDATE ON sale_content_marks
    FOR EACH ROW EXECUTE FUNCTION pos_content_marks_guard_v1();
ALTER TABLE sale_content_marks ENABLE ALWAYS TRIGGER marks_guard;
CREATE TRIGGER marks_kept BEFORE TRUNCATE ON sale_content_marks
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_marks_guard_v1();
ALTER TABLE sale_content_marks ENABLE ALWAYS TRIGGER marks_kept;

CALL ledgersafe_make_append_only_v1('sale_lines');
CREATE TRIGGER content_guard AFTER INSERT ON sale_lines REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_guard_v1();
ALTER TABLE sale_lines ENABLE ALWAYS TRIGGER content_guard;

CALL ledgersafe_make_append_only_v1('sale_references');
CREATE CONSTRAINT TRIGGER references_guard AFTER INSERT ON sale_references DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pos_references_guard_v1();
ALTER TABLE sale_references ENABLE ALWAYS TRIGGER references_guard;

CALL ledgersafe_make_append_only_v1('sale_taxes');
CREATE TRIGGER content_guard AFTER INSERT ON sale_taxes REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_guard_v1();
ALTER TABLE sale_taxes ENABLE ALWAYS TRIGGER content_guard;

CALL ledgersafe_make_append_only_v1('sale_tender_references');
CREATE TRIGGER content_guard AFTER INSERT ON sale_tender_references REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_tender_reference_guard_v1();
ALTER TABLE sale_tender_references ENABLE ALWAYS TRIGGER content_guard;

CALL ledgersafe_make_append_only_v1('sale_tenders');
CREATE TRIGGER content_guard AFTER INSERT ON sale_tenders REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_guard_v1();
ALTER TABLE sale_tenders ENABLE ALWAYS TRIGGER content_guard;

CALL ledgersafe_make_append_only_v1('sales');
