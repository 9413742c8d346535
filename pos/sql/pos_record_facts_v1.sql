-- Write headers of journals (sales) and references between events (sale_references).
--
-- Parameters: p_tenant; p_facts: [as pos_facts_v1 answers]; p_references: [{"j": journal, "k": key, "rows": "r" of the
--     arrival}] or null.
-- Answer: none.
-- Locks: none; at commit the key of each original (pos_references_guard_v1).
-- Callers: pos/decisions/writing.py, pos_take_keys_v1, pos_take_key_v1, pos_take_more_v1.
CREATE OR REPLACE FUNCTION pos_record_facts_v1(p_tenant bigint, p_facts jsonb, p_references jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type, currency,
                       business_date, occurred_at, is_late, sign, sales_count, returns_count, items, gross_minor,
                       returns_minor, discounts_minor, tax_minor, tips_minor, service_minor, liabilities_minor,
                       total_minor, cash_minor, card_minor, external_minor, gift_card_minor, store_credit_minor,
                       house_account_minor)
        SELECT s.j, p_tenant, s.k, s.raw, s.st, s.reg, s.tx, s.et, s.cur, s.date, s.at, s.late, s.f[1], s.f[2],
               s.f[3], s.f[4], s.f[5], s.f[6], s.f[7], s.f[8], s.f[9], s.f[10], s.f[11], s.f[12], s.f[13], s.f[14],
               s.f[15], s.f[16], s.f[17], s.f[18]
        FROM jsonb_to_recordset(p_facts) AS s(
            j bigint, k text, raw bigint, st text, reg text, tx text, et text, cur text, date date, at timestamptz,
            late boolean, f bigint[]);
    IF p_references IS NOT NULL THEN
        INSERT INTO sale_references (tenant_id, journal_id, event_key, original_key, kind, sign, amount_minor, lines,
                                     base_journal_id)
            SELECT p_tenant, r.j, r.k, x.of, x.kind, x.sign, x.amount, x.lines, x.base
            FROM jsonb_to_recordset(p_references) AS r(j bigint, k text, rows jsonb),
                 jsonb_to_recordset(r.rows) AS x(
                    of text, kind text, sign smallint, amount bigint, lines jsonb, base bigint);
    END IF;
END $$;
