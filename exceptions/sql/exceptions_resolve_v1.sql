-- Write decisions on open cases, many in one statement each: the decision, the case's state and the audit entry.
--
-- The nulls of a merge patch say which members it removes, so the patch is kept apart from the entry's stripped nulls.
--
-- Parameters: p_tenant; p_context: {"actor", "at", "request", "notes"};
--   p_decisions: [{"case": id, "action", "result", "raw": canonical raw id, "patch": JSON text or null, "hash": hex
--     fingerprint, "journal", "reversal", "attempted": whether the event was replayed}].
-- Answer: none; raises 23514 exceptions_decided_once when a case is not open.
-- Locks: rows of the cases, which the caller has locked before.
-- Callers: exceptions/cases.py.
CREATE OR REPLACE FUNCTION exceptions_resolve_v1(p_tenant bigint, p_context jsonb, p_decisions jsonb) RETURNS void
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
