-- Writes decisions on locked open cases, many in one statement each: the decision itself, the case's state, the trail.
-- p_context: {"actor", "at", "request", "notes"}
-- p_decisions: [{"case", "action", "result", "raw": canonical raw id, "patch": JSON text or null, "hash": hex fingerprint,
--   "journal", "reversal", "attempted": whether it was replayed}]
CREATE FUNCTION exceptions_resolve_v1(p_tenant bigint, p_context jsonb, p_decisions jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    decided timestamptz := (p_context ->> 'at')::timestamptz;
    changed integer;
BEGIN
    INSERT INTO exception_resolutions (tenant_id, case_id, stage, action, result, canonical_raw_id, override_patch,
                                       final_payload_sha256, journal_id, reversal_journal_id, notes, actor, at)
        SELECT p_tenant, d."case", 'resolved', d.action, coalesce(d.result, ''), d.raw,
               d.patch::jsonb, decode(d.hash, 'hex'), d.journal, d.reversal, p_context ->> 'notes',
               p_context ->> 'actor', decided
        FROM jsonb_to_recordset(p_decisions) AS d(
            "case" uuid, action text, result text, raw bigint, patch text, hash text, journal bigint,
            reversal bigint);
    INSERT INTO audit_log (tenant_id, at, actor, action, object_type, object_id, before, after, notes, request_id)
        SELECT p_tenant, decided, p_context ->> 'actor', 'exceptions.case.resolved', 'exception', e.id::text,
               jsonb_build_object('status', e.status, 'reason_code', e.reason_code, 'event_id', e.idempotency_key),
               jsonb_strip_nulls(jsonb_build_object(
                   'status', 'resolved', 'action', d.action, 'result', nullif(d.result, ''),
                   'canonical_raw_id', d.raw, 'final_payload_hash', d.hash, 'journal_id', d.journal,
                   'reversal_journal_id', d.reversal))
               -- Apart: the nulls of a merge patch say what it removes.
               || CASE WHEN d.patch IS NOT NULL THEN jsonb_build_object('override_patch', d.patch::jsonb) ELSE '{}' END,
               p_context ->> 'notes', coalesce(p_context ->> 'request', '')
        FROM jsonb_to_recordset(p_decisions) AS d(
            "case" uuid, action text, result text, raw bigint, patch text, hash text, journal bigint,
            reversal bigint)
        JOIN exceptions e ON e.id = d."case" AND e.tenant_id = p_tenant;
    UPDATE exceptions e
        SET status = 'resolved', resolved_at = decided, resolution_action = d.action,
            resolution_notes = p_context ->> 'notes', resolution_actor = p_context ->> 'actor',
            override_patch = d.patch::jsonb,
            replay_attempts = e.replay_attempts + d.attempted::integer,
            last_replay_status = CASE WHEN d.attempted THEN d.result ELSE e.last_replay_status END,
            last_replay_at = CASE WHEN d.attempted THEN decided ELSE e.last_replay_at END
        FROM jsonb_to_recordset(p_decisions) AS d(
            "case" uuid, action text, result text, patch text, attempted boolean)
        WHERE e.id = d."case" AND e.tenant_id = p_tenant AND e.status = 'open';
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> jsonb_array_length(p_decisions) THEN
        RAISE EXCEPTION 'A case that was to be decided is not open.' USING ERRCODE = '23514',
            CONSTRAINT = 'exceptions_decided_once', TABLE = 'exceptions';
    END IF;
END $$;

-- Keeps a decision that waits for a second person: {"case", "action", "raw", "patch", "hash"}.
CREATE FUNCTION exceptions_propose_v1(p_tenant bigint, p_context jsonb, d jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exception_resolutions (tenant_id, case_id, stage, action, result, canonical_raw_id, override_patch,
                                       final_payload_sha256, notes, actor, at)
        VALUES (p_tenant, (d ->> 'case')::uuid, 'proposed', d ->> 'action', '', (d ->> 'raw')::bigint,
                (d ->> 'patch')::jsonb, decode(d ->> 'hash', 'hex'), p_context ->> 'notes', p_context ->> 'actor',
                (p_context ->> 'at')::timestamptz);
    INSERT INTO audit_log (tenant_id, at, actor, action, object_type, object_id, after, notes, request_id)
        VALUES (p_tenant, (p_context ->> 'at')::timestamptz, p_context ->> 'actor', 'exceptions.case.proposed',
                'exception', d ->> 'case',
                jsonb_strip_nulls(jsonb_build_object('action', d ->> 'action', 'canonical_raw_id', d -> 'raw',
                                                     'final_payload_hash', d ->> 'hash'))
                || CASE WHEN d ->> 'patch' IS NOT NULL
                   THEN jsonb_build_object('override_patch', (d ->> 'patch')::jsonb) ELSE '{}' END,
                p_context ->> 'notes', coalesce(p_context ->> 'request', ''));
END $$;

-- A decision is on a case of its own tenant.
CREATE FUNCTION exceptions_resolutions_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n
               WHERE (SELECT e.tenant_id FROM exceptions e WHERE e.id = n.case_id) IS DISTINCT FROM n.tenant_id) THEN
        RAISE EXCEPTION 'A decision names a case that is not of its tenant.'
            USING ERRCODE = '23514', CONSTRAINT = 'exception_resolutions_tenant_agrees',
                  TABLE = 'exception_resolutions';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER resolutions_guard AFTER INSERT ON exception_resolutions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_resolutions_guard_v1();
ALTER TABLE exception_resolutions ENABLE ALWAYS TRIGGER resolutions_guard;

-- A case is resolved with its decision on record, and by whom it says: looked at when the transaction commits.
CREATE FUNCTION exceptions_decision_on_record_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'resolved' AND NOT EXISTS (
        SELECT FROM exception_resolutions r
        WHERE r.tenant_id = NEW.tenant_id AND r.case_id = NEW.id AND r.stage = 'resolved'
          AND r.actor = NEW.resolution_actor AND r.action = NEW.resolution_action) THEN
        RAISE EXCEPTION 'A case is resolved only together with the decision that says who, what and why.'
            USING ERRCODE = '23514', CONSTRAINT = 'exceptions_decision_on_record', TABLE = 'exceptions';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER decision_on_record AFTER INSERT OR UPDATE ON exceptions
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION exceptions_decision_on_record_v1();
ALTER TABLE exceptions ENABLE ALWAYS TRIGGER decision_on_record;

CALL ledgersafe_make_append_only_v1('exception_resolutions');
