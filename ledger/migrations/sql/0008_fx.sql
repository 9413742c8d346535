-- Foreign currency: rates with their history, and guards that work out again what was converted by them.
CALL ledgersafe_make_append_only_v1('fx_rates');
CALL ledgersafe_make_append_only_v1('fx_settlements');
CALL ledgersafe_make_append_only_v1('fx_conversions');
CALL ledgersafe_make_append_only_v1('fx_revaluations');

-- ── Rates ──────────────────────────────────────────────────────────────────────────────────────
-- A correction is the next version: no number is left out, so that the newest is the one with the highest.
CREATE FUNCTION ledger_fx_rates_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last integer;
BEGIN
    SELECT version INTO last FROM fx_rates
        WHERE tenant_id = NEW.tenant_id AND base = NEW.base AND quote = NEW.quote AND valid_from = NEW.valid_from
        ORDER BY version DESC LIMIT 1;
    IF NEW.version <> coalesce(last, 0) + 1 THEN
        PERFORM ledger_refuse_v1('fx_rates_next_version',
            format('Version %s of %s/%s does not follow version %s.', NEW.version, NEW.base, NEW.quote, last));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER fx_rates_guard BEFORE INSERT ON fx_rates
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_rates_guard_v1();
ALTER TABLE fx_rates ENABLE ALWAYS TRIGGER fx_rates_guard;

-- p_rates: [{"base", "quote", "rate": decimal text, "from"}], no pair and instant twice. Writes those that differ from
-- what is current. Answers {"new": how many}.
CREATE FUNCTION ledger_put_rates_v1(p_tenant bigint, p_source text, p_actor text, p_rates jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    written integer;
BEGIN
    -- Those who write rates of one tenant take turns: the second sees the first one's versions.
    PERFORM pg_advisory_xact_lock(hashtext('fx_rates'), p_tenant::integer);
    INSERT INTO fx_rates (tenant_id, base, quote, rate, valid_from, version, source, actor)
        SELECT p_tenant, g.base, g.quote, g.rate, g."from", coalesce(c.version, 0) + 1, p_source, p_actor
        FROM jsonb_to_recordset(p_rates) AS g(base text, quote text, rate numeric, "from" timestamptz)
        LEFT JOIN LATERAL (
            SELECT version, rate FROM fx_rates
            WHERE tenant_id = p_tenant AND base = g.base AND quote = g.quote AND valid_from = g."from"
            ORDER BY version DESC LIMIT 1
        ) c ON true
        WHERE c.rate IS DISTINCT FROM g.rate
        ORDER BY g.base, g.quote, g."from";
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN jsonb_build_object('new', written);
END $$;

-- ── Conversion ─────────────────────────────────────────────────────────────────────────────────
-- Minor units of the target currency: times the rate, or divided by it, rounded once, half away from zero. All numbers
-- are whole ones, of any length: nothing is rounded on the way.
-- p_shift: decimals of the target currency less those of the source.
CREATE FUNCTION ledger_fx_convert_v1(p_minor numeric, p_rate numeric, p_inverted boolean, p_shift integer)
RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT sign(p_minor) * div(2 * top + bottom, 2 * bottom) FROM (SELECT
        abs(p_minor) * CASE WHEN p_inverted THEN 1e18 ELSE trunc(p_rate * 1e18) END * ('1e' || greatest(p_shift, 0))::numeric
            AS top,
        CASE WHEN p_inverted THEN trunc(p_rate * 1e18) ELSE 1e18 END * ('1e' || greatest(-p_shift, 0))::numeric AS bottom
    ) fraction
$$;

-- Whether a rate was rightly used: it is the tenant's, of the pair or of the opposite one, held at the instant, and
-- gives that amount. Answers what is wrong, or null.
CREATE FUNCTION ledger_fx_fault_v1(
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

-- ── Settlements ────────────────────────────────────────────────────────────────────────────────
-- What one leg of a settlement must be: an `fx` journal of its key with an account on one side and its currency's
-- clearing account on the other. p_minor: what the account itself gets.
CREATE FUNCTION ledger_fx_leg_stands_v1(
    p_tenant bigint, p_journal bigint, p_key text, p_day date, p_account bigint, p_currency text, p_minor bigint
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM journals j WHERE j.id = p_journal AND j.tenant_id = p_tenant AND j.source = 'fx'
          AND j.source_key = p_key AND j.kind = 'FX_SETTLEMENT' AND j.reverses_id IS NULL AND j.business_date = p_day
    ) AND coalesce((
        SELECT count(*) = 2 AND bool_and(p.currency = p_currency)
               AND count(*) FILTER (WHERE p.account_id = p_account AND p.amount_minor = p_minor) = 1
               AND count(*) FILTER (WHERE a.role = 'FX_CLEARING' AND p.amount_minor = -p_minor) = 1
        FROM postings p JOIN accounts a ON a.id = p.account_id WHERE p.journal_id = p_journal), false)
$$;

-- At commit: a settlement has both legs, and was converted by its rate.
CREATE FUNCTION ledger_fx_settlements_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fault text := ledger_fx_fault_v1(NEW.tenant_id, NEW.rate_id, NEW.rate_value, NEW.inverted, NEW.source_currency,
                                     NEW.target_currency, NEW.amount_minor, NEW.converted_minor, NEW.shift, NEW.as_of);
BEGIN
    IF fault IS NOT NULL THEN
        PERFORM ledger_refuse_v1('fx_settlements_by_its_rate', format('Settlement %s %s.', NEW.id, fault));
    END IF;
    IF NOT (ledger_fx_leg_stands_v1(NEW.tenant_id, NEW.source_journal_id, format('settlement:%s:source', NEW.id),
                                    NEW.business_date, NEW.from_account_id, NEW.source_currency, -NEW.amount_minor)
        AND ledger_fx_leg_stands_v1(NEW.tenant_id, NEW.target_journal_id, format('settlement:%s:target', NEW.id),
                                    NEW.business_date, NEW.to_account_id, NEW.target_currency, NEW.converted_minor))
    THEN
        PERFORM ledger_refuse_v1('fx_settlements_both_legs',
            format('Settlement %s is not two journals through the clearing accounts.', NEW.id));
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER fx_settlements_guard AFTER INSERT ON fx_settlements
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_settlements_guard_v1();
ALTER TABLE fx_settlements ENABLE ALWAYS TRIGGER fx_settlements_guard;

-- Writes a settlement and its two journals; the key first, so that of two with one key the second waits, fails with
-- 23505, and finds it done when it is tried again.
-- p_given: {"client", "key", "hash": hex, "actor", "from": account id, "to": id, "source": currency, "target": currency,
--           "minor", "converted", "shift", "rate": id, "value": decimal text, "inverted", "day", "as_of", "memo", "ref",
--           "clear_source": account id, "clear_target": id}
CREATE FUNCTION ledger_fx_settle_v1(p_tenant bigint, p_given jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    g record;
    number bigint := nextval('fx_settlements_id_seq');
    source_journal bigint := nextval('journals_id_seq');
    target_journal bigint := nextval('journals_id_seq');
    journal jsonb;
BEGIN
    SELECT * INTO g FROM jsonb_to_record(p_given) AS r(
        client text, key text, hash text, actor text, "from" bigint, "to" bigint, source text, target text,
        minor bigint, converted bigint, shift smallint, rate bigint, value numeric, inverted boolean, day date,
        as_of timestamptz, memo text, ref text, clear_source bigint, clear_target bigint);
    INSERT INTO fx_settlements (id, tenant_id, client_id, idempotency_key, fingerprint, actor, from_account_id,
                                to_account_id, source_currency, target_currency, amount_minor, converted_minor, shift,
                                rate_id, rate_value, inverted, business_date, as_of, memo, source_journal_id,
                                target_journal_id, created_at)
        VALUES (number, p_tenant, g.client, g.key, decode(g.hash, 'hex'), g.actor, g."from", g."to", g.source, g.target,
                g.minor, g.converted, g.shift, g.rate, g.value, g.inverted, g.day, g.as_of, g.memo, source_journal,
                target_journal, now());
    journal := jsonb_build_object('date', g.day, 'at', g.as_of, 'kind', 'FX_SETTLEMENT', 'source', 'fx', 'ref', g.ref,
                                  'n', 2, 'rules', 1);
    PERFORM ledger_post_v1(p_tenant,
        jsonb_build_array(
            journal || jsonb_build_object('o', 1, 'id', source_journal, 'key', format('settlement:%s:source', number)),
            journal || jsonb_build_object('o', 2, 'id', target_journal, 'key', format('settlement:%s:target', number))),
        jsonb_build_array(
            jsonb_build_object('o', 1, 'n', 1, 'a', g.clear_source, 'c', g.source, 'm', g.minor),
            jsonb_build_object('o', 1, 'n', 2, 'a', g."from", 'c', g.source, 'm', -g.minor),
            jsonb_build_object('o', 2, 'n', 1, 'a', g."to", 'c', g.target, 'm', g.converted),
            jsonb_build_object('o', 2, 'n', 2, 'a', g.clear_target, 'c', g.target, 'm', -g.converted)));
    RETURN jsonb_build_object('id', number);
END $$;

-- ── Conversions of till events ─────────────────────────────────────────────────────────────────
-- The journal stands already; what it took in the foreign currency went through that currency's clearing account.
CREATE FUNCTION ledger_fx_conversions_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    happened timestamptz;
    bridged numeric;
    fault text;
BEGIN
    SELECT occurred_at INTO happened FROM journals WHERE id = NEW.journal_id AND tenant_id = NEW.tenant_id;
    SELECT sum(p.amount_minor) INTO bridged FROM postings p JOIN accounts a ON a.id = p.account_id
        WHERE p.journal_id = NEW.journal_id AND a.role = 'FX_CLEARING' AND p.currency = NEW.source_currency;
    fault := CASE WHEN happened IS NULL THEN 'names no journal of its tenant'
        WHEN bridged IS DISTINCT FROM -NEW.amount_minor THEN format('says %s, the journal clears %s', NEW.amount_minor, bridged)
        ELSE ledger_fx_fault_v1(NEW.tenant_id, NEW.rate_id, NEW.rate_value, NEW.inverted, NEW.source_currency,
                                NEW.target_currency, NEW.amount_minor, NEW.converted_minor, NEW.shift, happened) END;
    IF fault IS NOT NULL THEN
        PERFORM ledger_refuse_v1('fx_conversions_by_its_rate',
            format('The conversion of %s in journal %s %s.', NEW.source_currency, NEW.journal_id, fault));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER fx_conversions_guard AFTER INSERT ON fx_conversions
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_conversions_guard_v1();
ALTER TABLE fx_conversions ENABLE ALWAYS TRIGGER fx_conversions_guard;

-- ── Revaluations ───────────────────────────────────────────────────────────────────────────────
-- The journal stands already: it takes the residual, which is the sum of the positions' values, out of clearing.
CREATE FUNCTION ledger_fx_revaluations_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum((p ->> 'value_minor')::numeric) FROM jsonb_array_elements(NEW.positions) p)
       IS DISTINCT FROM NEW.residual_minor
       OR NOT EXISTS (
           SELECT FROM journals j WHERE j.id = NEW.journal_id AND j.tenant_id = NEW.tenant_id AND j.source = 'fx'
             AND j.source_key = format('revaluation:%s:%s', NEW.business_date, NEW.number)
             AND j.kind = 'REVALUATION' AND j.reverses_id IS NULL AND j.business_date = NEW.business_date)
       OR NOT coalesce((
           SELECT count(*) = 2 AND bool_and(p.currency = NEW.currency)
                  AND count(*) FILTER (WHERE a.role = 'FX_CLEARING' AND p.amount_minor = -NEW.residual_minor) = 1
                  AND count(*) FILTER (WHERE a.role = 'FX_GAIN_LOSS' AND p.amount_minor = NEW.residual_minor) = 1
           FROM postings p JOIN accounts a ON a.id = p.account_id WHERE p.journal_id = NEW.journal_id), false)
    THEN
        PERFORM ledger_refuse_v1('fx_revaluations_agree',
            format('The revaluation of %s is not what its journal took out of clearing.', NEW.business_date));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER fx_revaluations_guard AFTER INSERT ON fx_revaluations
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_revaluations_guard_v1();
ALTER TABLE fx_revaluations ENABLE ALWAYS TRIGGER fx_revaluations_guard;
