-- Write the mirrors of headers and references of reversed journals.
--
-- Parameters: p_tenant; p_reversals: {"journal id": reversal id}.
-- Answer: none.
-- Locks: none; at commit the key of each original (pos_references_guard_v1).
-- Callers: pos/decisions/writing.py.
CREATE OR REPLACE FUNCTION pos_mirror_facts_v1(p_tenant bigint, p_reversals jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
    INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type, currency,
                       business_date, occurred_at, is_late, sign, sales_count, returns_count, items, gross_minor,
                       returns_minor, discounts_minor, tax_minor, tips_minor, service_minor, liabilities_minor,
                       total_minor, cash_minor, card_minor, external_minor, gift_card_minor, store_credit_minor,
                       house_account_minor)
        SELECT r.id, p_tenant, s.event_key, s.raw_id, s.store_code, s.register_code, s.txn_id, s.event_type, s.currency,
               r.business_date, r.occurred_at, r.is_late, -s.sign, -s.sales_count, -s.returns_count, -s.items,
               -s.gross_minor, -s.returns_minor, -s.discounts_minor, -s.tax_minor, -s.tips_minor, -s.service_minor,
               -s.liabilities_minor, -s.total_minor, -s.cash_minor, -s.card_minor, -s.external_minor,
               -s.gift_card_minor, -s.store_credit_minor, -s.house_account_minor
        FROM jsonb_each_text(p_reversals) AS x(journal, reversal)
        JOIN sales s ON s.journal_id = x.journal::bigint AND s.tenant_id = p_tenant
        JOIN journals r ON r.id = x.reversal::bigint;
    INSERT INTO sale_references (tenant_id, journal_id, event_key, original_key, kind, sign, amount_minor, lines,
                                 base_journal_id)
        SELECT p_tenant, x.reversal::bigint, s.event_key, s.original_key, s.kind, -s.sign, -s.amount_minor, s.lines,
               s.base_journal_id
        FROM jsonb_each_text(p_reversals) AS x(journal, reversal)
        JOIN sale_references s ON s.journal_id = x.journal::bigint AND s.tenant_id = p_tenant;
END $$;
