-- From arrival to books in one round trip. Python has read, checked and fingerprinted every arrival and knows what
-- it would do with it if its key were new; these functions append the arrivals (bronze), take the keys, post or hold
-- what was first, and hand back the state of every key that existed already. Python judges those and calls
-- pos_apply_v1 in the same transaction. All are set-based: one event and a batch take the same statements.
--
-- An arrival: {"o": ordinal in bodies, "k": key, "d": "post" | "hold" | "reject" | "follow",
--   "hash": hex fingerprint, "et", "st", "ss", "se", "sv", "tx", "at": what could be read,
--   "claim": the source event id the key is to own,
--   "mac", "len": of a redacted body, "why": reason code, "details", "risk", "cur": of a hold,
--   "j": the journal header for ledger_post_v1 or null when nothing is posted, "audit": an audit action or null}
-- "follow" is only captured here: a later arrival of a key that stands earlier in the same batch, or one whose source
-- event id an earlier arrival of the batch claims; it is settled or judged when that one is known.

CREATE SEQUENCE events_raw_id_seq AS bigint OWNED BY events_raw.id;
CREATE SEQUENCE events_processed_id_seq AS bigint OWNED BY events_processed.id;

CREATE FUNCTION pos_capture_v1(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_bodies bytea[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    raw_ids bigint[];
    a jsonb := p_arrivals -> 0;
BEGIN
    IF cardinality(p_bodies) = 1 THEN
        raw_ids := ARRAY[nextval('events_raw_id_seq')];
        INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                                headers, request_id, payload_sha256, event_id, schema_version, store_code,
                                source_system, source_event_id, event_type, txn_id, occurred_at)
            VALUES (raw_ids[1], p_tenant, p_api_key, (p_context ->> 'at')::timestamptz, p_bodies[1],
                    CASE WHEN a ->> 'mac' IS NULL THEN sha256(p_bodies[1]) END, decode(a ->> 'mac', 'hex'),
                    coalesce((a ->> 'len')::integer, length(p_bodies[1])), p_context -> 'headers',
                    p_context ->> 'request', decode(a ->> 'hash', 'hex'), a ->> 'k', a ->> 'sv', a ->> 'st', a ->> 'ss',
                    a ->> 'se', a ->> 'et', a ->> 'tx', (a ->> 'at')::timestamptz);
        RETURN raw_ids;
    END IF;
    SELECT array_agg(nextval('events_raw_id_seq') ORDER BY n) INTO raw_ids
        FROM generate_series(1, cardinality(p_bodies)) AS n;
    INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                            headers, request_id, payload_sha256, event_id, schema_version, store_code,
                            source_system, source_event_id, event_type, txn_id, occurred_at)
        SELECT raw_ids[a.o], p_tenant, p_api_key, (p_context ->> 'at')::timestamptz, p_bodies[a.o],
               CASE WHEN a.mac IS NULL THEN sha256(p_bodies[a.o]) END, decode(a.mac, 'hex'),
               coalesce(a.len, length(p_bodies[a.o])), p_context -> 'headers', p_context ->> 'request',
               decode(a.hash, 'hex'), a.k, a.sv, a.st, a.ss, a.se, a.et, a.tx, a.at
        FROM jsonb_to_recordset(p_arrivals) AS a(
            o integer, k text, hash text, mac text, len integer, sv text, st text, ss text, se text, et text,
            tx text, at timestamptz);
    RETURN raw_ids;
END $$;

-- Takes the keys of the arrivals that come first and does what was decided on them.
-- Returns {"fresh": [{"o", "raw", "key": key id, "r": result, "why", "j": journal, "x": case}], "known": [key states], "clash": [ordinals]}.
CREATE FUNCTION pos_take_keys_v1(p_tenant bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb, p_raw_ids bigint[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    fresh jsonb;
    journals jsonb;
    cases jsonb;
    rest text[];
BEGIN
    WITH lead AS (
        SELECT a.*, p_raw_ids[a.o] AS raw_id,
               CASE WHEN a.j IS NOT NULL THEN nextval('journals_id_seq') END AS journal_id,
               CASE WHEN a.d = 'hold' THEN gen_random_uuid() END AS case_id
        FROM jsonb_to_recordset(p_arrivals) AS a(
            o integer, k text, d text, hash text, et text, ss text, claim text, st text, why text, details jsonb,
            risk bigint, cur text, j jsonb)
        WHERE a.d IN ('post', 'hold')
    ), taken AS (
        -- In key order, so that two batches never wait for each other crosswise.
        INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, source_event_id,
                status, payload_hash_first, payload_hash_last, effective_hash, effective_raw_id, first_raw_id,
                last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code,
                last_exception_id)
            SELECT nextval('events_processed_id_seq'), p_tenant, k, coalesce(et, ''), coalesce(ss, ''), claim,
                   CASE d WHEN 'post' THEN 'processed' ELSE 'quarantined' END,
                   decode(hash, 'hex'), decode(hash, 'hex'),
                   CASE d WHEN 'post' THEN decode(hash, 'hex') END, CASE d WHEN 'post' THEN raw_id END,
                   raw_id, raw_id, received, received, CASE d WHEN 'post' THEN received END,
                   journal_id, coalesce(why, ''), case_id
            FROM lead ORDER BY k
            ON CONFLICT DO NOTHING
            RETURNING id, idempotency_key
    )
    SELECT jsonb_agg(jsonb_build_object('o', o, 'raw', raw_id, 'key', t.id, 'j', journal_id, 'x', case_id, 'why', why,
                                        'r', CASE d WHEN 'post' THEN 'processed' ELSE 'quarantined' END))
               FILTER (WHERE t.idempotency_key IS NOT NULL),
           jsonb_agg(j || jsonb_build_object('o', o, 'id', journal_id, 'key', k))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND journal_id IS NOT NULL),
           jsonb_agg(jsonb_build_object('id', case_id, 'key', k, 'raw', raw_id, 'store', left(st, 64), 'reason', why,
                                        'details', details, 'risk', risk, 'currency', cur))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND case_id IS NOT NULL),
           array_agg(k) FILTER (WHERE t.idempotency_key IS NULL)
        INTO fresh, journals, cases, rest
        FROM lead LEFT JOIN taken t ON t.idempotency_key = k;

    IF journals IS NOT NULL THEN
        PERFORM ledger_post_v1(p_tenant, journals, p_lines);
    END IF;
    IF cases IS NOT NULL THEN
        PERFORM exceptions_open_v1(p_tenant, cases);
    END IF;
    IF fresh IS NOT NULL THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
            SELECT f.raw, p_tenant, f.r, coalesce(f.why, ''), f.x, f.j
            FROM jsonb_to_recordset(fresh) AS f(raw bigint, r text, why text, x uuid, j bigint);
        IF p_context ? 'audit' THEN
            INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, after, request_id)
                SELECT p_tenant, p_context ->> 'actor', a.audit ->> 'action', 'event', a.k, a.audit -> 'after',
                       coalesce(p_context ->> 'request', '')
                FROM jsonb_to_recordset(p_arrivals) AS a(o integer, k text, audit jsonb)
                JOIN jsonb_to_recordset(fresh) AS f(o integer, r text) USING (o)
                WHERE a.audit IS NOT NULL AND f.r = 'processed';
        END IF;
    END IF;
    RETURN jsonb_build_object('fresh', coalesce(fresh, '[]'), 'known', '[]'::jsonb, 'clash', '[]'::jsonb)
        || CASE WHEN rest IS NULL THEN '{}' ELSE pos_known_or_clash_v1(p_tenant, p_arrivals, rest) END;
END $$;

-- The same for one arrival, without building and reading sets: most arrivals come alone.
CREATE FUNCTION pos_take_key_v1(p_tenant bigint, p_context jsonb, a jsonb, p_lines jsonb, p_raw_id bigint)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    event_key text := a ->> 'k';
    fingerprint bytea := decode(a ->> 'hash', 'hex');
    posts boolean := a ->> 'd' = 'post';
    case_id uuid := CASE WHEN NOT posts THEN gen_random_uuid() END;
    new_journal bigint := CASE WHEN jsonb_typeof(a -> 'j') = 'object' THEN nextval('journals_id_seq') END;
    key_id bigint;
    ignored text; -- an assignment is evaluated without the executor that PERFORM starts
BEGIN
    INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, source_event_id,
            status, payload_hash_first, payload_hash_last, effective_hash, effective_raw_id, first_raw_id,
            last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code, last_exception_id)
        VALUES (nextval('events_processed_id_seq'), p_tenant, event_key, coalesce(a ->> 'et', ''),
                coalesce(a ->> 'ss', ''), a ->> 'claim',
                CASE WHEN posts THEN 'processed' ELSE 'quarantined' END, fingerprint, fingerprint,
                CASE WHEN posts THEN fingerprint END, CASE WHEN posts THEN p_raw_id END, p_raw_id, p_raw_id,
                received, received, CASE WHEN posts THEN received END, new_journal, coalesce(a ->> 'why', ''), case_id)
        ON CONFLICT DO NOTHING RETURNING id INTO key_id;
    IF key_id IS NULL THEN
        RETURN pos_known_or_clash_v1(p_tenant, jsonb_build_array(a), ARRAY[event_key]) || '{"fresh": []}';
    END IF;
    IF new_journal IS NOT NULL THEN
        ignored := ledger_post_v1(p_tenant, jsonb_build_array(
            (a -> 'j') || jsonb_build_object('o', a -> 'o', 'id', new_journal, 'key', event_key)), p_lines)::text;
    END IF;
    IF case_id IS NOT NULL THEN
        PERFORM exceptions_open_v1(p_tenant, jsonb_build_array(jsonb_build_object(
            'id', case_id, 'key', event_key, 'raw', p_raw_id, 'store', left(a ->> 'st', 64), 'reason', a ->> 'why',
            'details', a -> 'details', 'risk', a -> 'risk', 'currency', a ->> 'cur')));
    END IF;
    INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
        VALUES (p_raw_id, p_tenant, CASE WHEN posts THEN 'processed' ELSE 'quarantined' END,
                coalesce(a ->> 'why', ''), case_id, new_journal);
    IF posts AND jsonb_typeof(a -> 'audit') = 'object' THEN
        INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, after, request_id)
            VALUES (p_tenant, p_context ->> 'actor', a -> 'audit' ->> 'action', 'event', event_key,
                    a -> 'audit' -> 'after', coalesce(p_context ->> 'request', ''));
    END IF;
    RETURN jsonb_build_object('known', '[]'::jsonb, 'clash', '[]'::jsonb, 'fresh', jsonb_build_array(jsonb_build_object(
        'o', a -> 'o', 'raw', p_raw_id, 'key', key_id, 'j', new_journal, 'x', case_id, 'why', a -> 'why',
        'r', CASE WHEN posts THEN 'processed' ELSE 'quarantined' END)));
END $$;

-- Of arrivals whose key was not taken: {"known": the states of the keys that exist, "clash": the ordinals of the rest,
-- whose key is new but whose source event id belongs to another key}.
CREATE FUNCTION pos_known_or_clash_v1(p_tenant bigint, p_arrivals jsonb, p_rest text[]) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    known jsonb := pos_key_states_v1(p_tenant, p_rest);
BEGIN
    RETURN jsonb_build_object('known', known, 'clash', (
        SELECT coalesce(jsonb_agg(a.o), '[]') FROM jsonb_to_recordset(p_arrivals) AS a(o integer, k text, d text)
        WHERE a.d IN ('post', 'hold') AND a.k = ANY (p_rest)
          AND NOT EXISTS (SELECT FROM events_processed WHERE tenant_id = p_tenant AND idempotency_key = a.k)));
END $$;

-- The state of keys, locked in key order until commit: whoever judges a key is alone with it.
CREATE FUNCTION pos_key_states_v1(p_tenant bigint, p_keys text[]) RETURNS jsonb LANGUAGE sql AS $$
    WITH locked AS MATERIALIZED (
        SELECT * FROM events_processed
        WHERE tenant_id = p_tenant AND idempotency_key = ANY (p_keys)
        ORDER BY idempotency_key FOR UPDATE
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', l.id, 'k', l.idempotency_key, 'status', l.status, 'journal', l.journal_id,
        'first', encode(l.payload_hash_first, 'hex'), 'effective', encode(l.effective_hash, 'hex'),
        'case', (SELECT e.id FROM exceptions e WHERE e.tenant_id = p_tenant
                 AND e.idempotency_key = l.idempotency_key AND e.status = 'open'),
        'versions', (SELECT coalesce(jsonb_object_agg(encode(v.payload_hash, 'hex'), v.disposition), '{}')
                     FROM event_versions v WHERE v.tenant_id = p_tenant AND v.event_key_id = l.id))), '[]')
    FROM locked l
$$;

-- Writes what was judged on arrivals whose key existed:
-- [{"raw", "key": key id, "hash": hex, "r": result, "why", "x": case, "j": journal, "version": true when the payload
--   is new to the key}], and the cases to open.
CREATE FUNCTION pos_apply_v1(p_tenant bigint, p_context jsonb, p_judged jsonb, p_cases jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
BEGIN
    IF jsonb_array_length(p_cases) > 0 THEN
        PERFORM exceptions_open_v1(p_tenant, p_cases);
    END IF;
    INSERT INTO event_versions (tenant_id, event_key_id, payload_hash, first_raw_id, disposition)
        SELECT p_tenant, a.key, decode(a.hash, 'hex'), a.raw, 'held'
        FROM jsonb_to_recordset(p_judged) AS a(raw bigint, key bigint, hash text, version boolean)
        WHERE a.version;
    INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
        SELECT a.raw, p_tenant, a.r, coalesce(a.why, ''), a.x, a.j
        FROM jsonb_to_recordset(p_judged) AS a(raw bigint, r text, why text, x uuid, j bigint);
    UPDATE events_processed k
        SET arrivals = k.arrivals + seen.number,
            last_seen_at = greatest(k.last_seen_at, received),
            last_raw_id = greatest(k.last_raw_id, seen.raw),
            payload_hash_last = CASE WHEN seen.raw > k.last_raw_id THEN decode(seen.hash, 'hex')
                                     ELSE k.payload_hash_last END,
            last_error_code = coalesce(seen.why, k.last_error_code),
            last_exception_id = coalesce(seen.x, k.last_exception_id)
        FROM (SELECT a.key, count(*) AS number, max(a.raw) AS raw,
                     (array_agg(a.hash ORDER BY a.raw DESC))[1] AS hash,
                     (array_agg(a.why ORDER BY a.raw DESC) FILTER (WHERE a.r = 'quarantined'))[1] AS why,
                     (array_agg(a.x ORDER BY a.raw DESC) FILTER (WHERE a.r = 'quarantined'))[1] AS x
              FROM jsonb_to_recordset(p_judged) AS a(raw bigint, key bigint, hash text, r text, why text, x uuid)
              GROUP BY a.key) seen
        WHERE k.id = seen.key AND k.tenant_id = p_tenant;
END $$;

-- Everything after capture, in a savepoint. What Postgres refuses is the event's doing only in the end: 40001 and 40P01
-- have the whole transaction run again, and so do 23505 and 23514 (a key just taken, a day just closed: what Python
-- remembered is out of date) until p_context.last is set. Then the arrivals are settled one by one, and only those it
-- is about are held as PROCESSING_FAILED.
CREATE FUNCTION pos_settle_v1(p_tenant bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb, p_raw_ids bigint[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    settled jsonb;
    one jsonb;
    arrival jsonb;
BEGIN
    arrival := p_arrivals -> 0;
    IF jsonb_array_length(p_arrivals) > 1 THEN
        settled := pos_take_keys_v1(p_tenant, p_context, p_arrivals, p_lines, p_raw_ids);
    ELSIF arrival ->> 'd' IN ('post', 'hold') THEN
        settled := pos_take_key_v1(p_tenant, p_context, arrival, p_lines, p_raw_ids[(arrival ->> 'o')::integer]);
    ELSE
        RETURN '{"fresh": [], "known": [], "clash": []}';
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN settled;
EXCEPTION
    WHEN serialization_failure OR deadlock_detected THEN
        RAISE;
    WHEN OTHERS THEN
        IF SQLSTATE IN ('23505', '23514') AND NOT p_context ? 'last' THEN
            RAISE;
        END IF;
        settled := '{"fresh": [], "known": [], "clash": []}';
        FOR arrival IN SELECT a FROM jsonb_array_elements(p_arrivals) a WHERE a ->> 'd' IN ('post', 'hold') LOOP
            one := pos_settle_alone_v1(p_tenant, p_context, arrival, p_lines, p_raw_ids);
            settled := jsonb_build_object(
                'fresh', settled -> 'fresh' || (one -> 'fresh'), 'known', settled -> 'known' || (one -> 'known'),
                'clash', settled -> 'clash' || (one -> 'clash'));
        END LOOP;
        RETURN settled;
END $$;

CREATE FUNCTION pos_settle_alone_v1(p_tenant bigint, p_context jsonb, p_arrival jsonb, p_lines jsonb,
                                    p_raw_ids bigint[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    settled jsonb;
BEGIN
    settled := pos_take_key_v1(p_tenant, p_context, p_arrival, p_lines, p_raw_ids[(p_arrival ->> 'o')::integer]);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN settled;
EXCEPTION
    WHEN serialization_failure OR deadlock_detected THEN
        RAISE;
    WHEN OTHERS THEN
        SET CONSTRAINTS ALL DEFERRED;
        RETURN pos_take_key_v1(p_tenant, p_context, (p_arrival - 'j' - 'audit' - 'claim') || jsonb_build_object(
            'd', 'hold', 'why', 'PROCESSING_FAILED',
            'details', jsonb_build_object('message', 'The books refused this event.', 'refusal', SQLERRM,
                                          'sqlstate', SQLSTATE)), '[]', p_raw_ids[(p_arrival ->> 'o')::integer]);
END $$;

-- One reception: capture, then everything else in a savepoint. Answers what pos_settle_v1 does, and the raw ids in the
-- order of the bodies; or only {"stale": true}, when the key is no longer valid or the tenant has another version.
-- With p_context.alone the call is a transaction of its own, which cannot be judged in: when the key exists it answers
-- only {"again": true}, or fails with LS001 when it came to exist meanwhile; either way nothing was written.
-- Planned without sequential scans: in a young database, whose tables have no statistics yet, a session would
-- otherwise keep a plan that reads them whole while they grow.
CREATE FUNCTION pos_receive_v1(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb,
                               p_bodies bytea[]) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    raw_ids bigint[];
    settled jsonb;
    ignored text;
    alone boolean := p_context ? 'alone';
    live boolean;
    again boolean;
BEGIN
    -- Here too, for row-level security, when the caller's statement is the whole transaction.
    ignored := set_config('app.tenant_id', p_tenant::text, true);
    SELECT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id = t.id
                   WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
                     AND k.id = p_api_key AND k.revoked_at IS NULL
                     AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())),
           alone AND EXISTS (SELECT FROM events_processed
                             WHERE tenant_id = p_tenant AND idempotency_key = p_arrivals -> 0 ->> 'k')
        INTO live, again;
    IF NOT live THEN
        RETURN '{"stale": true}';
    ELSIF again THEN
        RETURN '{"again": true}';
    END IF;
    raw_ids := pos_capture_v1(p_tenant, p_api_key, p_context, p_arrivals, p_bodies);
    IF p_context ? 'rejects' THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code)
            SELECT raw_ids[a.o], p_tenant, 'rejected', a.why
            FROM jsonb_to_recordset(p_arrivals) AS a(o integer, d text, why text) WHERE a.d = 'reject';
    END IF;
    settled := pos_settle_v1(p_tenant, p_context, p_arrivals, p_lines, raw_ids);
    IF alone AND (settled -> 'known' <> '[]' OR settled -> 'clash' <> '[]') THEN
        RAISE EXCEPTION 'The key came to exist meanwhile.' USING ERRCODE = 'LS001';
    END IF;
    RETURN settled || jsonb_build_object('raw', to_jsonb(raw_ids));
END $$;

-- ── Guards ─────────────────────────────────────────────────────────────────────────────────────
CALL ledgersafe_make_append_only_v1('events_raw');
CALL ledgersafe_make_append_only_v1('event_outcomes');

-- A key keeps what it is and where it began, only moves forward, and is never deleted. A decided version too.
CREATE FUNCTION pos_keys_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.tenant_id, NEW.idempotency_key, NEW.payload_hash_first, NEW.first_raw_id, NEW.first_seen_at)
          IS DISTINCT FROM
          (OLD.id, OLD.tenant_id, OLD.idempotency_key, OLD.payload_hash_first, OLD.first_raw_id, OLD.first_seen_at)
       OR NEW.arrivals < OLD.arrivals OR NEW.last_raw_id < OLD.last_raw_id THEN
        RAISE EXCEPTION 'A key keeps its beginning, only moves forward and is never deleted.'
            USING ERRCODE = '23514', CONSTRAINT = 'events_processed_moves_forward', TABLE = 'events_processed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keys_guard BEFORE UPDATE OR DELETE ON events_processed
    FOR EACH ROW EXECUTE FUNCTION pos_keys_guard_v1();
ALTER TABLE events_processed ENABLE ALWAYS TRIGGER keys_guard;

-- The tenant agrees along every reference of what the gate writes: checked per statement, on the new rows.
CREATE FUNCTION pos_outcomes_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        -- Scalar subqueries: one look-up by primary key each, whatever the planner believes of the tables.
        SELECT FROM new_rows n
        WHERE (SELECT r.tenant_id FROM events_raw r WHERE r.id = n.raw_event_id) IS DISTINCT FROM n.tenant_id
           OR (n.exception_id IS NOT NULL AND
               (SELECT e.tenant_id FROM exceptions e WHERE e.id = n.exception_id) IS DISTINCT FROM n.tenant_id)
           OR (n.journal_id IS NOT NULL AND
               (SELECT j.tenant_id FROM journals j WHERE j.id = n.journal_id) IS DISTINCT FROM n.tenant_id)) THEN
        RAISE EXCEPTION 'An outcome names an arrival, case or journal that is not of its tenant.'
            USING ERRCODE = '23514', CONSTRAINT = 'event_outcomes_tenant_agrees', TABLE = 'event_outcomes';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER outcomes_guard AFTER INSERT ON event_outcomes
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_outcomes_guard_v1();
ALTER TABLE event_outcomes ENABLE ALWAYS TRIGGER outcomes_guard;
