-- One advisory lock per tenant and day: posters share it, the closer takes it alone.
CREATE OR REPLACE FUNCTION ledger_day_lock_v1(tenant bigint, day date) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (tenant << 20) | ((day - date '2000-01-01') & 1048575)
$$;
