DROP FUNCTION pos_near_baskets_v1(bigint, integer, jsonb);
DROP TRIGGER append_only ON event_baskets;
ALTER TABLE event_baskets DROP CONSTRAINT event_baskets_whole_fingerprint;
