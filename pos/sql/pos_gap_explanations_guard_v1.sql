-- Guard explanations of gaps: only missing numbers between events of the device are explained
-- (device_gap_explanations_of_a_gap), and once (device_gap_explanations_once).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: the advisory lock (hashtext('devices'), tenant), alone, until commit: two explanations come one after the
--     other.
-- Callers: trigger device_gap_explanations.explanations_guard (BEFORE INSERT, each row).
CREATE OR REPLACE FUNCTION pos_gap_explanations_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('devices'), hashint8(NEW.tenant_id));
    IF EXISTS (SELECT FROM device_gap_explanations x WHERE x.tenant_id = NEW.tenant_id AND x.device_id = NEW.device_id
               AND x.first_seq <= NEW.last_seq AND x.last_seq >= NEW.first_seq) THEN
        PERFORM ledger_refuse_v1('device_gap_explanations_once', 'Some of these numbers are explained already.');
    END IF;
    IF EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = NEW.tenant_id AND k.device_id = NEW.device_id
               AND k.device_seq IS NOT NULL AND k.device_seq BETWEEN NEW.first_seq AND NEW.last_seq)
       OR NOT EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = NEW.tenant_id
                      AND k.device_id = NEW.device_id AND k.device_seq IS NOT NULL AND k.device_seq < NEW.first_seq)
       OR NOT EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = NEW.tenant_id
                      AND k.device_id = NEW.device_id AND k.device_seq IS NOT NULL AND k.device_seq > NEW.last_seq) THEN
        PERFORM ledger_refuse_v1('device_gap_explanations_of_a_gap',
            'Not all of these numbers are missing between events of the device.');
    END IF;
    RETURN NEW;
END $$;
