-- Convert minor units by a rate: multiply by it or divide by it, round once, half away from zero.
--
-- All numbers are whole ones, of any length: nothing is rounded on the way.
--
-- Parameters: p_minor: minor units of the source currency; p_rate; p_inverted: divide; p_shift: decimals of the target
--     currency less those of the source.
-- Answer: numeric, minor units of the target currency.
-- Locks: none.
-- Callers: ledger/checks/fx.py, ledger_fx_fault_v1.
CREATE OR REPLACE FUNCTION ledger_fx_convert_v1(p_minor numeric, p_rate numeric, p_inverted boolean, p_shift integer)
RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT sign(p_minor) * div(2 * top + bottom, 2 * bottom) FROM (SELECT
        abs(p_minor) * CASE WHEN p_inverted THEN 1e18 ELSE trunc(p_rate * 1e18) END * ('1e' || greatest(p_shift, 0))::numeric
            AS top,
        CASE WHEN p_inverted THEN trunc(p_rate * 1e18) ELSE 1e18 END * ('1e' || greatest(-p_shift, 0))::numeric AS bottom
    ) fraction
$$;
