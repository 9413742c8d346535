-- Write the lines, tenders and taxes of headers, once: rows that exist stay. With p_before it also moves the mark of a
-- day, and then every header below it has to be among these (sale_content_marks_complete).
--
-- SECURITY DEFINER: the application role itself may not write these tables.
--
-- Parameters: p_tenant; p_day; p_before: transaction number or null;
--   p_rows: {"of": [journal], "lines": [{"j": journal, "n": number, "sku", "cat", "id", "q": quantity as text, "a":
--     minor units, "back": of a return}], "tenders": [{"j", "n", "m": method, "p": processor, "c": currency, "a",
--     "ref": the payment's name elsewhere}], "taxes": [{"j", "n", "code", "rate", "in": inclusive, "a"}], "failed":
--     [{"j", "why"}]}.
-- Answer: none; raises 23514 sale_content_agrees_with_header where rows do not come to a header's figures.
-- Locks: none of its own; the caller holds the lock of pos_next_content_v1 where it moves a mark.
-- Callers: pos/sales/content_writer.py.
CREATE OR REPLACE FUNCTION pos_keep_content_v1(p_tenant bigint, p_rows jsonb, p_day date, p_before xid8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    done bigint[] := ARRAY(SELECT jsonb_array_elements_text(p_rows -> 'of')::bigint);
    through xid8;
    wrong bigint;
BEGIN
    INSERT INTO sale_lines (journal_id, line_no, tenant_id, business_date, store_code, currency, amount_minor, sku,
                            category, line_id, quantity, is_return)
        SELECT r.j, r.n, p_tenant, s.business_date, s.store_code, s.currency, r.a, r.sku, r.cat, r.id, r.q::numeric, r.back
        FROM jsonb_to_recordset(p_rows -> 'lines') AS r(
            j bigint, n smallint, sku text, cat text, id text, q text, a bigint, back boolean)
        JOIN sales s ON s.journal_id = r.j AND s.tenant_id = p_tenant
        ON CONFLICT DO NOTHING;
    INSERT INTO sale_tenders (journal_id, line_no, tenant_id, business_date, store_code, currency, amount_minor, method,
                              processor)
        SELECT r.j, r.n, p_tenant, s.business_date, s.store_code, r.c, r.a, r.m, r.p
        FROM jsonb_to_recordset(p_rows -> 'tenders') AS r(j bigint, n smallint, m text, p text, c text, a bigint)
        JOIN sales s ON s.journal_id = r.j AND s.tenant_id = p_tenant
        ON CONFLICT DO NOTHING;
    INSERT INTO sale_tender_references (journal_id, line_no, tenant_id, reference)
        SELECT r.j, r.n, p_tenant, r.ref FROM jsonb_to_recordset(p_rows -> 'tenders') AS r(j bigint, n smallint, ref text)
        JOIN sale_tenders t ON t.journal_id = r.j AND t.line_no = r.n AND t.tenant_id = p_tenant
        WHERE r.ref <> ''
        ON CONFLICT DO NOTHING;
    INSERT INTO sale_taxes (journal_id, line_no, tenant_id, business_date, store_code, currency, amount_minor, code, rate,
                            inclusive)
        SELECT r.j, r.n, p_tenant, s.business_date, s.store_code, s.currency, r.a, r.code, r.rate, r."in"
        FROM jsonb_to_recordset(p_rows -> 'taxes') AS r(
            j bigint, n smallint, code text, rate text, "in" boolean, a bigint)
        JOIN sales s ON s.journal_id = r.j AND s.tenant_id = p_tenant
        ON CONFLICT DO NOTHING;
    SELECT d INTO wrong FROM pos_content_differs_v1(p_tenant, done) d LIMIT 1;
    IF wrong IS NOT NULL THEN
        PERFORM ledger_refuse_v1('sale_content_agrees_with_header',
            format('The lines, tenders and taxes of journal %s are not what its header says.', wrong));
    END IF;
    DELETE FROM sale_content_failures WHERE journal_id = ANY (done) AND tenant_id = p_tenant;
    INSERT INTO sale_content_failures (journal_id, tenant_id, reason)
        SELECT r.j, p_tenant, left(r.why, 500) FROM jsonb_to_recordset(p_rows -> 'failed') AS r(j bigint, why text)
        ON CONFLICT (journal_id) DO UPDATE SET reason = excluded.reason;
    IF p_before IS NULL THEN
        RETURN;
    END IF;
    done := done || ARRAY(SELECT (f ->> 'j')::bigint FROM jsonb_array_elements(p_rows -> 'failed') f);
    SELECT m.through_xid INTO through FROM sale_content_marks m
        WHERE m.tenant_id = p_tenant AND m.business_date = p_day AND m.cluster = pos_cluster_v1();
    IF EXISTS (SELECT s.journal_id FROM sales s WHERE s.tenant_id = p_tenant AND s.business_date = p_day
                   AND s.xid >= coalesce(through, '0') AND s.xid < p_before
               EXCEPT SELECT unnest(done)) THEN
        PERFORM ledger_refuse_v1('sale_content_marks_complete',
            format('Headers of %s below the mark were left out.', p_day));
    END IF;
    INSERT INTO sale_content_marks (tenant_id, business_date, cluster, through_xid)
        VALUES (p_tenant, p_day, pos_cluster_v1(), p_before)
        ON CONFLICT (tenant_id, business_date) DO UPDATE
            SET through_xid = excluded.through_xid, cluster = excluded.cluster;
END $$;

REVOKE ALL ON FUNCTION pos_keep_content_v1 FROM PUBLIC;
