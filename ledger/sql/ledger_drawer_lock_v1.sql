-- One advisory lock per drawer's account: posters share it, who opens, counts or closes takes it alone. The highest bit
-- keeps it apart from the locks of days (ledger_day_lock_v1) and calendars, which are negative.
CREATE OR REPLACE FUNCTION ledger_drawer_lock_v1(account bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (1::bigint << 62) | account
$$;
