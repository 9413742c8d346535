CREATE OR REPLACE FUNCTION audit_entry_sha256_v1(e audit_log) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        'audit.entry.v1', e.id, e.tenant_id, e.at AT TIME ZONE 'UTC', e.actor, e.action, e.object_type, e.object_id,
        e.before::text, e.after::text, e.notes, e.request_id)::text, 'UTF8'))
$$;
