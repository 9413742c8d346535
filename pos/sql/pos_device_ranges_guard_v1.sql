-- Refuse ranges of a device that overlap or touch (device_ranges_apart): between any two a number is missing.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger device_ranges.ranges_come_apart (AFTER INSERT, each statement),
--   trigger device_ranges.ranges_stay_apart (AFTER UPDATE, each statement).
CREATE OR REPLACE FUNCTION pos_device_ranges_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_rows n
        WHERE n.last_seq >= (SELECT min(r.first_seq) - 1 FROM device_ranges r WHERE r.tenant_id = n.tenant_id
                             AND r.device_id = n.device_id AND r.first_seq > n.first_seq)
           OR n.first_seq - 1 <= (SELECT r.last_seq FROM device_ranges r WHERE r.tenant_id = n.tenant_id
                                  AND r.device_id = n.device_id AND r.first_seq < n.first_seq
                                  ORDER BY r.first_seq DESC LIMIT 1)) THEN
        PERFORM ledger_refuse_v1('device_ranges_apart', 'Ranges of a device neither overlap nor touch.');
    END IF;
    RETURN NULL;
END $$;
