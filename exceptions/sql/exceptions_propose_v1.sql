-- Keep a decision that waits for a second person, with its audit entry.
--
-- Parameters: p_tenant; p_context: {"actor", "at", "request", "notes"};
--   d: {"case": id, "action", "raw": canonical raw id, "patch": merge patch or null, "hash": hex fingerprint}.
-- Answer: none.
-- Locks: the case's row, by exceptions_proposals_guard_v1.
-- Callers: exceptions/cases.py.
CREATE OR REPLACE FUNCTION exceptions_propose_v1(p_tenant bigint, p_context jsonb, d jsonb) RETURNS void
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
