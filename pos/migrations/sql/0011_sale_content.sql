-- Silver, what sales are made of. A header is written with its journal; its lines, tenders and taxes are read from the
-- event afterwards, so that tills do not wait for it.
--
-- How far is told by a mark per business day, which is a transaction's number for the reason given in 0009_gold.sql:
-- headers of transactions below it have their rows, or a failure that says why not. A mark per day, since headers are
-- indexed by day and transaction: whatever is left to do is one range of that index per day.

ALTER TABLE sale_content_marks ADD COLUMN through_xid xid8 NOT NULL;
-- Quantities as they were sent; where a till counts in billionths, so be it.
ALTER TABLE sale_lines ALTER COLUMN quantity TYPE numeric;

-- As in 0009_gold.sql, and the marks of contents, which name transactions, too.
CREATE OR REPLACE FUNCTION pos_adopt_facts_v1() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE sales IN ACCESS EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM daily_sales_marks WHERE cluster <> pos_cluster_v1()) THEN
        RETURN; -- another one was first
    END IF;
    ALTER TABLE sales ALTER COLUMN xid TYPE xid8 USING '3'::xid8;
    UPDATE sale_content_marks SET cluster = pos_cluster_v1(), through_xid = '0';
    UPDATE daily_sales_marks SET cluster = pos_cluster_v1(), through_xid = '3', folded_by = pg_current_xact_id();
    UPDATE daily_sales SET
        facts_count = 0, baskets_count = 0, rung_count = 0, returns_count = 0, voids_count = 0, corrections_count = 0,
        items_count = 0, gross_minor = 0, returns_minor = 0, discounts_minor = 0, tax_minor = 0, tips_minor = 0,
        service_minor = 0, liabilities_minor = 0, total_minor = 0, cash_minor = 0, card_minor = 0, external_minor = 0,
        gift_card_minor = 0, store_credit_minor = 0, house_account_minor = 0, moved_cash_minor = 0;
END $$;
REVOKE ALL ON FUNCTION pos_adopt_facts_v1() FROM PUBLIC;

-- What is to be read next: of the newest day that has headers above its mark, about p_limit of them; those of one
-- transaction stay together. A second one goes away: the lock is held until the caller commits.
-- :returns: {"day", "since", "before"}, headers of transactions in [since, before); {} when nothing is left;
--           {"busy": true} while another one reads.
CREATE FUNCTION pos_next_content_v1(p_tenant bigint, p_limit integer, p_first date, p_last date) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    horizon xid8;
    wanted date;
    since xid8;
    before xid8;
BEGIN
    IF NOT pg_try_advisory_xact_lock(32, hashint8(p_tenant)) THEN
        RETURN '{"busy": true}';
    END IF;
    IF EXISTS (SELECT FROM daily_sales_marks WHERE cluster <> pos_cluster_v1()) THEN
        PERFORM pos_adopt_facts_v1();
    END IF;
    horizon := pg_snapshot_xmin(pg_current_snapshot());
    WITH RECURSIVE known(day) AS ( -- newest first, one look-up per day
        SELECT max(s.business_date) FROM sales s
        WHERE s.tenant_id = p_tenant AND s.business_date >= p_first AND s.business_date <= p_last
        UNION ALL
        SELECT (SELECT max(s.business_date) FROM sales s
                WHERE s.tenant_id = p_tenant AND s.business_date >= p_first AND s.business_date < k.day)
        FROM known k WHERE k.day IS NOT NULL
    )
    SELECT k.day, coalesce(m.through_xid, '0') INTO wanted, since
    FROM known k
    LEFT JOIN sale_content_marks m
        ON m.tenant_id = p_tenant AND m.business_date = k.day AND m.cluster = pos_cluster_v1()
    WHERE k.day IS NOT NULL AND EXISTS (
        SELECT FROM sales s WHERE s.tenant_id = p_tenant AND s.business_date = k.day
        AND s.xid >= coalesce(m.through_xid, '0') AND s.xid < horizon)
    LIMIT 1;
    IF wanted IS NULL THEN
        RETURN '{}';
    END IF;
    SELECT (s.xid::text::numeric + 1)::text::xid8 INTO before FROM sales s
        WHERE s.tenant_id = p_tenant AND s.business_date = wanted AND s.xid >= since AND s.xid < horizon
        ORDER BY s.xid OFFSET p_limit - 1 LIMIT 1;
    RETURN jsonb_build_object('day', wanted, 'since', since::text, 'before', coalesce(before, horizon)::text);
END $$;
REVOKE ALL ON FUNCTION pos_next_content_v1(bigint, integer, date, date) FROM PUBLIC;

-- Headers whose rows do not come to their figures: in the sale's currency, tenders by method and taxes; the basket
-- without what is owed for it (gift cards, deposits) and without taxes it includes is gross less returns; of gift cards
-- and store credit, what was paid with less what was sold. A header without lines was sold by its total alone. Moves
-- of cash have no tender.
CREATE FUNCTION pos_content_differs_v1(p_tenant bigint, p_journals bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SET enable_seqscan = off SET jit = off AS $$
    SELECT s.journal_id FROM sales s,
    LATERAL (SELECT count(*) AS number, coalesce(sum(l.amount_minor) FILTER (
                        WHERE l.category NOT IN ('GIFT_CARD', 'DEPOSIT')), 0) AS goods,
                    coalesce(sum(l.amount_minor) FILTER (WHERE l.category IN ('GIFT_CARD', 'DEPOSIT')), 0) AS owed
             FROM sale_lines l WHERE l.journal_id = s.journal_id) l,
    LATERAL (SELECT coalesce(sum(t.amount_minor) FILTER (WHERE t.method = 'CASH'), 0) AS cash,
                    coalesce(sum(t.amount_minor) FILTER (WHERE t.method = 'CARD'), 0) AS card,
                    coalesce(sum(t.amount_minor) FILTER (WHERE t.method = 'EXTERNAL'), 0) AS external,
                    coalesce(sum(t.amount_minor) FILTER (WHERE t.method = 'HOUSE_ACCOUNT'), 0) AS house,
                    coalesce(sum(t.amount_minor) FILTER (WHERE t.method IN ('GIFT_CARD', 'STORE_CREDIT')), 0) AS owed
             FROM sale_tenders t WHERE t.journal_id = s.journal_id AND t.currency = s.currency) t,
    LATERAL (SELECT coalesce(sum(x.amount_minor), 0) AS tax,
                    coalesce(sum(x.amount_minor) FILTER (WHERE x.inclusive), 0) AS inclusive
             FROM sale_taxes x WHERE x.journal_id = s.journal_id) x
    WHERE s.tenant_id = p_tenant AND s.journal_id = ANY (p_journals)
      AND (x.tax <> s.tax_minor
           OR (l.number > 0 AND l.goods - x.inclusive <> s.gross_minor - s.returns_minor)
           OR (s.items <> 0 AND s.sales_count + s.returns_count <> 0 AND l.number <> abs(s.items))
           OR ((s.sales_count <> 0 OR s.returns_count <> 0 OR s.event_type = 'TIP_ADJUST') AND t.cash <> s.cash_minor)
           OR (t.card, t.external, t.house) IS DISTINCT FROM (s.card_minor, s.external_minor, s.house_account_minor)
           OR t.owed - l.owed <> s.gift_card_minor + s.store_credit_minor - s.liabilities_minor)
$$;

-- Writes the rows of headers, once: rows that are there stay. With p_before also moves the mark of a day, and then
-- every header below it has to be among these.
-- p_rows: {"of": [journals], "lines": [{"j": journal, "n": number, "sku", "cat", "id", "q": quantity as text, "a": minor
-- units, "back": of a return}], "tenders": [{"j", "n", "m": method, "p": processor, "c": currency, "a"}], "taxes":
-- [{"j", "n", "code", "rate", "in": inclusive, "a"}], "failed": [{"j", "why"}]}.
-- SECURITY DEFINER: the application role itself may not write these tables.
CREATE FUNCTION pos_keep_content_v1(p_tenant bigint, p_rows jsonb, p_day date, p_before xid8) RETURNS void
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
REVOKE ALL ON FUNCTION pos_keep_content_v1(bigint, jsonb, date, xid8) FROM PUBLIC;

-- ── Guards, whoever writes ─────────────────────────────────────────────────────────────────────
CALL ledgersafe_make_append_only_v1('sale_lines');
CALL ledgersafe_make_append_only_v1('sale_tenders');
CALL ledgersafe_make_append_only_v1('sale_taxes');

-- Rows belong to a header of their tenant, and say its day and store.
CREATE FUNCTION pos_content_guard_v1() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n LEFT JOIN sales s ON s.journal_id = n.journal_id
               WHERE (s.tenant_id, s.business_date, s.store_code)
                     IS DISTINCT FROM (n.tenant_id, n.business_date, n.store_code)) THEN
        PERFORM ledger_refuse_v1(TG_TABLE_NAME || '_of_a_header', 'A row belongs to a header of its tenant, day and store.');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER content_guard AFTER INSERT ON sale_lines REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_guard_v1();
ALTER TABLE sale_lines ENABLE ALWAYS TRIGGER content_guard;
CREATE TRIGGER content_guard AFTER INSERT ON sale_tenders REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_guard_v1();
ALTER TABLE sale_tenders ENABLE ALWAYS TRIGGER content_guard;
CREATE TRIGGER content_guard AFTER INSERT ON sale_taxes REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_guard_v1();
ALTER TABLE sale_taxes ENABLE ALWAYS TRIGGER content_guard;

-- A mark goes forward, and never past a transaction that still runs. It may start over: rows that are there stay.
CREATE FUNCTION pos_content_marks_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        PERFORM ledger_refuse_v1('sale_content_marks_kept', 'The mark of a day is never deleted.');
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.cluster = OLD.cluster AND NEW.through_xid <= OLD.through_xid AND NEW.through_xid <> '0' THEN
        PERFORM ledger_refuse_v1('sale_content_marks_forward', 'The mark of a day only goes forward.');
    END IF;
    IF NEW.through_xid > pg_snapshot_xmin(pg_current_snapshot()) THEN
        PERFORM ledger_refuse_v1('sale_content_marks_settled', 'Nothing is passed while its transaction runs.');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER marks_guard BEFORE INSERT OR UPDATE OR DELETE ON sale_content_marks
    FOR EACH ROW EXECUTE FUNCTION pos_content_marks_guard_v1();
ALTER TABLE sale_content_marks ENABLE ALWAYS TRIGGER marks_guard;
CREATE TRIGGER marks_kept BEFORE TRUNCATE ON sale_content_marks
    FOR EACH STATEMENT EXECUTE FUNCTION pos_content_marks_guard_v1();
ALTER TABLE sale_content_marks ENABLE ALWAYS TRIGGER marks_kept;
