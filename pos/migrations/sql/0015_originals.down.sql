DROP FUNCTION pos_releasable_v1(bigint, timestamptz, integer);
