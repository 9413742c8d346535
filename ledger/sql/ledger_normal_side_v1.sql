-- +1 where debits make an account grow, -1 where credits do.
CREATE OR REPLACE FUNCTION ledger_normal_side_v1(kind text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN kind IN ('ASSET', 'EXPENSE') THEN 1 ELSE -1 END
$$;
