DROP FUNCTION ledger_post_rows_v1(
    bigint, integer, timestamptz[], text[], text[], bigint[], bigint[], text[], text[], date[], bigint[], boolean[],
    bigint[], bigint[], bigint[], bigint[], text[], text);
