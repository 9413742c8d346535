DROP FUNCTION pos_releasable_v1(bigint, timestamptz, integer);
DROP FUNCTION pos_known_v1(bigint, jsonb);
DROP FUNCTION pos_originals_v1(bigint, jsonb, boolean);
