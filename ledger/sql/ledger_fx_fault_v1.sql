-- Check the use of a rate: it is the tenant's, of the pair or its inverse, valid at the instant, and gives that amount.
--
-- Parameters: p_tenant; p_rate_id, p_rate, p_inverted: the rate; p_source, p_target: currencies; p_minor, p_converted:
--     amounts;
--   p_shift: as ledger_fx_convert_v1 takes it; p_at: the instant.
-- Answer: text that says what is wrong, or null.
-- Locks: none.
-- Callers: ledger/checks/fx.py, ledger_fx_settlements_guard_v1, ledger_fx_conversions_guard_v1.
CREATE OR REPLACE FUNCTION ledger_fx_fault_v1(
    p_tenant bigint, p_rate_id bigint, p_rate numeric, p_inverted boolean, p_source text, p_target text, p_minor bigint,
    p_converted bigint, p_shift integer, p_at timestamptz
) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    used record;
BEGIN
    SELECT * INTO used FROM fx_rates WHERE id = p_rate_id AND tenant_id = p_tenant;
    IF NOT FOUND THEN
        RETURN 'names no rate of its tenant';
    ELSIF used.rate <> p_rate THEN
        RETURN format('says %s, the rate is %s', p_rate, used.rate);
    ELSIF (used.base, used.quote)
          <> (CASE WHEN p_inverted THEN p_target ELSE p_source END, CASE WHEN p_inverted THEN p_source ELSE p_target END)
    THEN
        RETURN format('uses a rate of %s/%s for %s to %s', used.base, used.quote, p_source, p_target);
    ELSIF used.valid_from > p_at THEN
        RETURN format('uses a rate from %s, after %s', used.valid_from, p_at);
    ELSIF ledger_fx_convert_v1(p_minor, p_rate, p_inverted, p_shift) <> p_converted THEN
        RETURN format('comes to %s, not to %s', ledger_fx_convert_v1(p_minor, p_rate, p_inverted, p_shift), p_converted);
    END IF;
    RETURN NULL;
END $$;
