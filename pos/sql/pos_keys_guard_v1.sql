-- Guard keys: a key keeps its beginning and its device's number, only moves forward, and is never deleted
-- (events_processed_moves_forward).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger events_processed.keys_guard (BEFORE UPDATE OR DELETE, each row).
CREATE OR REPLACE FUNCTION pos_keys_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.tenant_id, NEW.idempotency_key, NEW.payload_hash_first, NEW.first_raw_id, NEW.first_seen_at,
           NEW.device_id, NEW.device_seq)
          IS DISTINCT FROM
          (OLD.id, OLD.tenant_id, OLD.idempotency_key, OLD.payload_hash_first, OLD.first_raw_id, OLD.first_seen_at,
           OLD.device_id, OLD.device_seq)
       OR NEW.arrivals < OLD.arrivals OR NEW.last_raw_id < OLD.last_raw_id THEN
        RAISE EXCEPTION 'A key keeps its beginning, only moves forward and is never deleted.'
            USING ERRCODE = '23514', CONSTRAINT = 'events_processed_moves_forward', TABLE = 'events_processed';
    END IF;
    RETURN NEW;
END $$;
