-- Guards of the books. Each raises 23514 with a constraint name that README's table of guarantees names.
-- On the ordinary path none of them reads journals or postings: such a read makes serializable transactions on
-- neighbouring index pages fail in droves. What one guard must tell the next travels in the transaction-local
-- setting ledger.awaiting: {journal id: [tenant, business date, posting count]}.

CREATE SEQUENCE journals_id_seq AS bigint OWNED BY journals.id;

CREATE FUNCTION ledger_awaiting_v1() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('ledger.awaiting', true), ''), '{}')::jsonb
$$;

-- One advisory lock per tenant and day: posters share it, the closer takes it alone.
CREATE FUNCTION ledger_day_lock_v1(tenant bigint, day date) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (tenant << 20) | ((day - date '2000-01-01') & 1048575)
$$;

CREATE FUNCTION ledger_refuse_v1(constraint_name text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message USING ERRCODE = '23514', CONSTRAINT = constraint_name;
END $$;

-- ── Journals ───────────────────────────────────────────────────────────────────────────────────
-- Takes its share of the day's lock and makes sure that the day is open.
CREATE FUNCTION ledger_share_open_day_v1(tenant bigint, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    state text;
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_day_lock_v1(tenant, day))::text;
    IF current_setting('transaction_isolation') = 'read committed' THEN
        -- A new snapshot per statement: having waited for the closer, it sees what the closer did.
        SELECT status INTO state FROM periods WHERE tenant_id = tenant AND business_date = day;
    ELSE
        -- An older snapshot would not: the row lock fails with 40001 when the closer was there since.
        SELECT status INTO state FROM periods WHERE tenant_id = tenant AND business_date = day FOR SHARE;
    END IF;
    IF state IS DISTINCT FROM 'open' THEN
        PERFORM ledger_refuse_v1('journals_open_day',
            format('Business day %s is %s; nothing can be posted into it.', day, coalesce(state, 'not open yet')));
    END IF;
END $$;

-- Open day; next revision only after a reversal; a reversal mirrors one entry of the same tenant.
CREATE FUNCTION ledger_journals_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facts record;
    other record;
    ignored text; -- an assignment is evaluated without the executor that PERFORM starts
BEGIN
    SELECT bool_or(revision > 1 AND reverses_id IS NULL) AS revisions, bool_or(reverses_id IS NOT NULL) AS reversals,
           jsonb_object_agg(id, jsonb_build_array(tenant_id, business_date, posting_count)) AS awaiting,
           min(tenant_id) AS tenant, min(business_date) AS day,
           min(tenant_id) = max(tenant_id) AND min(business_date) = max(business_date) AS one_day
        INTO facts FROM new_journals;
    IF facts.awaiting IS NULL THEN
        RETURN NULL; -- an INSERT of no rows
    END IF;

    IF facts.one_day THEN -- nearly always: no set to sort and walk
        ignored := ledger_share_open_day_v1(facts.tenant, facts.day)::text;
    ELSE
        FOR other IN SELECT DISTINCT tenant_id, business_date FROM new_journals ORDER BY 1, 2 LOOP
            ignored := ledger_share_open_day_v1(other.tenant_id, other.business_date)::text;
        END LOOP;
    END IF;

    IF facts.revisions AND EXISTS (
        SELECT FROM new_journals n WHERE n.revision > 1 AND n.reverses_id IS NULL AND NOT EXISTS (
            SELECT FROM journals p JOIN journals r ON r.tenant_id = p.tenant_id AND r.reverses_id = p.id
            WHERE p.tenant_id = n.tenant_id AND p.source = n.source AND p.source_key = n.source_key
              AND p.reverses_id IS NULL AND p.revision = n.revision - 1))
    THEN
        PERFORM ledger_refuse_v1('journals_one_effective_per_key',
            'A key gets a new journal only after its last one was reversed.');
    END IF;

    IF facts.reversals AND EXISTS (
        SELECT FROM new_journals n WHERE n.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM journals o
            WHERE o.id = n.reverses_id AND o.tenant_id = n.tenant_id AND o.reverses_id IS NULL))
    THEN
        PERFORM ledger_refuse_v1('journals_reversal_agrees',
            'A reversal names one journal of its own tenant that is no reversal itself.');
    END IF;

    ignored := set_config('ledger.awaiting', (ledger_awaiting_v1() || facts.awaiting)::text, true);
    RETURN NULL;
END $$;

CREATE TRIGGER journals_guard AFTER INSERT ON journals
    REFERENCING NEW TABLE AS new_journals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_journals_guard_v1();
ALTER TABLE journals ENABLE ALWAYS TRIGGER journals_guard;

-- At commit no journal may still wait for its postings: a journal is never empty.
CREATE FUNCTION ledger_journals_complete_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('ledger.awaiting', true), '') NOT IN ('', '{}') THEN
        PERFORM ledger_refuse_v1('journals_never_empty', format('Journal %s has no postings.', NEW.id));
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER journals_complete AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_journals_complete_v1();
ALTER TABLE journals ENABLE ALWAYS TRIGGER journals_complete;

-- ── Postings ───────────────────────────────────────────────────────────────────────────────────
-- One INSERT carries the complete set of each of its journals: as many as the journal was sealed with, zero in
-- sum per currency, on active accounts of the same tenant and currency, on the journal's business day. A journal
-- that is not awaiting its postings takes none, so nothing is ever added later.
CREATE FUNCTION ledger_postings_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    awaiting jsonb := ledger_awaiting_v1();
    sums record;
    broken record;
    ignored text;
BEGIN
    -- All journals of the statement in one pass; what is wrong is looked for only when something is.
    SELECT bool_or(off <> 0 OR several) AS unbalanced, bool_or(stranger) AS strangers,
           bool_or(mixed OR header IS DISTINCT FROM complete) AS incomplete, array_agg(id) AS done INTO sums
        FROM (
            SELECT p.journal_id::text AS id, sum(p.amount_minor) AS off, min(p.currency) <> max(p.currency) AS several,
                   min(p.tenant_id) <> max(p.tenant_id) OR min(p.business_date) <> max(p.business_date) AS mixed,
                   jsonb_build_array(min(p.tenant_id), min(p.business_date), count(*)) AS complete,
                   awaiting -> p.journal_id::text AS header,
                   -- A scalar subquery: one look-up by primary key, whatever the planner believes of the table.
                   bool_or((SELECT a.status FROM accounts a WHERE a.id = p.account_id AND a.tenant_id = p.tenant_id
                            AND a.currency = p.currency) IS DISTINCT FROM 'active') AS stranger
            FROM new_postings p GROUP BY p.journal_id) one;

    IF sums.unbalanced THEN
        -- Several currencies may sum to zero one by one, or only together.
        SELECT p.journal_id AS id, p.currency, sum(p.amount_minor) AS off INTO broken
            FROM new_postings p GROUP BY 1, 2 HAVING sum(p.amount_minor) <> 0 LIMIT 1;
        IF FOUND THEN
            PERFORM ledger_refuse_v1('postings_balanced',
                format('Journal %s is off by %s %s.', broken.id, broken.off, broken.currency));
        END IF;
    END IF;

    IF sums.strangers THEN
        SELECT p.account_id AS account, a.status INTO broken
            FROM new_postings p LEFT JOIN accounts a
                 ON a.id = p.account_id AND a.tenant_id = p.tenant_id AND a.currency = p.currency
            WHERE a.status IS DISTINCT FROM 'active' LIMIT 1;
        PERFORM ledger_refuse_v1('postings_account_agrees',
            format('Account %s is %s.', broken.account,
                   coalesce(broken.status, 'not of the posting''s tenant and currency')));
    END IF;

    IF sums.incomplete THEN
        PERFORM ledger_refuse_v1('postings_complete_set',
            'The postings are not the complete set of a new journal: tenant, day and number must agree, and nothing '
            'is added later.');
    END IF;

    IF sums.done IS NOT NULL THEN
        ignored := set_config('ledger.awaiting', (awaiting - sums.done)::text, true);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER postings_guard AFTER INSERT ON postings
    REFERENCING NEW TABLE AS new_postings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_guard_v1();
ALTER TABLE postings ENABLE ALWAYS TRIGGER postings_guard;

-- ── Accounts ───────────────────────────────────────────────────────────────────────────────────
CREATE FUNCTION ledger_accounts_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.tenant_id, NEW.currency, NEW.type, NEW.role, NEW.qualifier)
       IS DISTINCT FROM (OLD.tenant_id, OLD.currency, OLD.type, OLD.role, OLD.qualifier) THEN
        PERFORM ledger_refuse_v1('accounts_fixed',
            'An account never changes tenant, currency, type or role: postings were made because of them.');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER accounts_guard BEFORE UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_accounts_guard_v1();
ALTER TABLE accounts ENABLE ALWAYS TRIGGER accounts_guard;

-- ── Business days ──────────────────────────────────────────────────────────────────────────────
-- The tenant's calendar changes under one lock: no day can be added before a day that is just being closed.
-- Closing takes the day's lock alone, so it waits for every poster of the day and every later one sees it.
CREATE FUNCTION ledger_periods_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(-NEW.tenant_id);
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM periods WHERE tenant_id = NEW.tenant_id AND status = 'closed'
                   AND business_date >= NEW.business_date) THEN
            PERFORM ledger_refuse_v1('periods_after_last_close',
                format('Business day %s lies at or before a closed day.', NEW.business_date));
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.tenant_id, NEW.business_date, NEW.starts_at, NEW.ends_at)
       IS DISTINCT FROM (OLD.tenant_id, OLD.business_date, OLD.starts_at, OLD.ends_at) THEN
        PERFORM ledger_refuse_v1('periods_fixed', 'A business day keeps its tenant, date and span.');
    END IF;
    IF NEW.status = 'closed' AND OLD.status = 'open' THEN
        PERFORM pg_advisory_xact_lock(ledger_day_lock_v1(NEW.tenant_id, NEW.business_date));
        IF EXISTS (SELECT FROM periods WHERE tenant_id = NEW.tenant_id AND status = 'open'
                   AND business_date < NEW.business_date) THEN
            PERFORM ledger_refuse_v1('periods_closed_in_order', 'An earlier business day is still open.');
        END IF;
        -- Taken with the lock in hand: whatever was posted into the day was recorded before this instant.
        NEW.closed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER periods_guard BEFORE INSERT OR UPDATE ON periods
    FOR EACH ROW EXECUTE FUNCTION ledger_periods_guard_v1();
ALTER TABLE periods ENABLE ALWAYS TRIGGER periods_guard;

-- What a tenant's days and amounts were made of stays, once there are any.
CREATE FUNCTION ledger_tenants_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.base_currency, NEW.time_zone, NEW.cut_off_hour, NEW.cut_off_minute)
       IS DISTINCT FROM (OLD.base_currency, OLD.time_zone, OLD.cut_off_hour, OLD.cut_off_minute)
       AND EXISTS (SELECT FROM periods WHERE tenant_id = NEW.id) THEN
        PERFORM ledger_refuse_v1('tenants_calendar_fixed',
            'A tenant with business days keeps its base currency, time zone and cut-off.');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER calendar_fixed BEFORE UPDATE ON tenants
    FOR EACH ROW EXECUTE FUNCTION ledger_tenants_guard_v1();
ALTER TABLE tenants ENABLE ALWAYS TRIGGER calendar_fixed;

CALL ledgersafe_make_append_only_v1('journals');
CALL ledgersafe_make_append_only_v1('postings');
CALL ledgersafe_make_append_only_v1('balance_snapshots');
