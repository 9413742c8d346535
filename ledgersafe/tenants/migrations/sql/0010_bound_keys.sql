-- Keys that were bound to a store or register and held scopes of the whole tenant lose those scopes, each with an entry
-- in the audit log. A key that has none left is revoked: one that opens nothing must not look alive.

-- A register stands in a store: a key that names the register alone is bound to both.
UPDATE api_keys k SET store_id = r.store_id FROM registers r WHERE r.id = k.register_id AND k.store_id IS NULL;

WITH had AS (
    SELECT k.id, k.scopes, k.revoked_at,
           ARRAY(SELECT s.scope FROM unnest(k.scopes) WITH ORDINALITY s(scope, place)
                 WHERE s.scope NOT IN ('ledger:read', 'ledger:write', 'recon:read', 'recon:write', 'admin')
                 ORDER BY s.place) AS kept
    FROM api_keys k
    WHERE k.store_id IS NOT NULL
      AND k.scopes && ARRAY['ledger:read', 'ledger:write', 'recon:read', 'recon:write', 'admin']::varchar[]
    FOR UPDATE
), has AS (
    UPDATE api_keys k
    SET scopes = had.kept,
        revoked_at = CASE WHEN cardinality(had.kept) = 0 THEN coalesce(k.revoked_at, now()) ELSE k.revoked_at END
    FROM had WHERE had.id = k.id
    RETURNING k.id, k.tenant_id, k.prefix, k.scopes, k.revoked_at
)
INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, before, after, notes)
SELECT has.tenant_id, 'system:migrate',
       CASE WHEN has.revoked_at IS DISTINCT FROM had.revoked_at
            THEN 'tenants.api_key.revoked' ELSE 'tenants.api_key.narrowed' END,
       'api_key', has.prefix,
       jsonb_build_object('scopes', had.scopes, 'revoked_at', had.revoked_at),
       jsonb_build_object('scopes', has.scopes, 'revoked_at', has.revoked_at),
       'A key that is bound to a store or register cannot hold scopes of the whole tenant.'
FROM has JOIN had USING (id)
ORDER BY has.id;

-- Checked now: a table with checks that are still to come cannot be given a constraint.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
