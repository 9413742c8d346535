-- Find headers whose lines, tenders and taxes do not come to their figures.
--
-- In the sale's currency: tenders by method, and taxes; the basket without gift cards and deposits sold and without
-- inclusive taxes is gross less returns; of gift cards and store credit, the amount paid with less the amount sold. A
-- header without lines was sold by its total alone. Moves of cash have no tender.
--
-- Parameters: p_tenant; p_journals: ids.
-- Answer: rows of journal ids.
-- Locks: none.
-- Callers: pos_keep_content_v1.
CREATE OR REPLACE FUNCTION pos_content_differs_v1(p_tenant bigint, p_journals bigint[]) RETURNS SETOF bigint
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
