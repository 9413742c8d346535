-- Receive arrivals in the caller's transaction: keep the bytes, then settle them in a savepoint.
--
-- Python has read, checked and fingerprinted every arrival and knows its decision for a new key; the states of keys
-- that existed already are answered, and Python judges those and calls pos_apply_v1 in the same transaction. All is
-- set-based: one event and a batch take the same statements. Planned without sequential scans: in a young database,
-- whose tables have no statistics yet, a session would otherwise keep a plan that reads them whole while they grow.
--
-- Parameters: p_tenant, p_api_key: ids; p_bodies: the bytes;
--   p_context: {"at": received, "version": the tenant's, "actor", "request", "headers", "sent": what the device's
--     clock said when it sent the request; and where they apply "waits", "rejects", "audit", "last"};
--   p_arrivals: [{"o": ordinal in bodies, "k": key, "d": post | hold | reject | follow, "hash": hex fingerprint, "et",
--     "st", "ss", "se", "sv", "tx", "at": what could be read; "claimed": what the event says, where "at" was corrected
--     by the device's clock; "claim": the source event id that the key is to own; "dev", "seq": the device's own
--     number of the event, which the key is to own as well; "mac", "len": of a redacted body; "why": reason code;
--     "details", "risk", "cur": of a hold; "j": the header for ledger_post_v1 or null; "s": {"reg", "cur", "f":
--     figures of the header, in the order of the columns of sales from sign on}; "r": [{"of": key of the original,
--     "kind", "sign", "amount", "lines", "base": journal}]; "m": {"j", "s"}: a second journal, whose lines have the
--     ordinal with a minus, the mirror of a corrected one; "w": {"of": key} or {"tx": transaction} that a held event
--     waits for; "audit": an entry or null}]; "follow" is captured only: a later arrival of a key, or of a claimed
--     source event id, of the same batch;
--   p_lines: as ledger_post_v1 takes them.
-- Answer: as pos_take_keys_v1, and "raw": [raw id] in the order of the bodies; or only {"stale": true}: the API key is
--     no longer valid, or the tenant has another version.
-- Locks: as pos_take_keys_v1.
-- Callers: pos/intake/writer.py.
CREATE OR REPLACE FUNCTION pos_receive_v2(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb,
                               p_bodies bytea[]) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    raw_ids bigint[];
    settled jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id IS NOT DISTINCT FROM t.id
                   WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
                     AND k.id = p_api_key AND k.revoked_at IS NULL
                     AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) THEN
        RETURN '{"stale": true}';
    END IF;
    raw_ids := pos_capture_v1(p_tenant, p_api_key, p_context, p_arrivals, p_bodies);
    IF p_context ? 'rejects' THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code)
            SELECT raw_ids[a.o], p_tenant, 'rejected', a.why
            FROM jsonb_to_recordset(p_arrivals) AS a(o integer, d text, why text) WHERE a.d = 'reject';
    END IF;
    settled := pos_settle_v1(p_tenant, p_context, p_arrivals, p_lines, raw_ids);
    RETURN settled || jsonb_build_object('raw', to_jsonb(raw_ids));
END $$;
