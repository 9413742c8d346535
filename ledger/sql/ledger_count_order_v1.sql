-- Count a sale or refund of an order.
--
-- The row is where refunds of one order queue; its CHECK is their limit. SECURITY DEFINER: the application role itself
-- may not write order_totals. The row is updated first: inserted first, a refund would be refused before the row is
-- seen.
--
-- Parameters: flow: the row of financial_transactions.
-- Answer: none.
-- Locks: the order's row of order_totals, by its update.
-- Callers: ledger_flows_guard_v1.
CREATE OR REPLACE FUNCTION ledger_count_order_v1(flow financial_transactions) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    -- The row first: a refund that was to become one would be refused before it is seen that there is one.
    UPDATE order_totals
        SET sold_minor = sold_minor + CASE WHEN flow.type = 'SALE' THEN flow.amount_minor ELSE 0 END,
            refunded_minor = refunded_minor + CASE WHEN flow.type = 'REFUND' THEN flow.amount_minor ELSE 0 END
        WHERE tenant_id = flow.tenant_id AND order_id = flow.order_id AND currency = flow.currency;
    IF NOT FOUND THEN
        INSERT INTO order_totals AS o (tenant_id, order_id, currency, sold_minor, refunded_minor)
            VALUES (flow.tenant_id, flow.order_id, flow.currency,
                    CASE WHEN flow.type = 'SALE' THEN flow.amount_minor ELSE 0 END,
                    CASE WHEN flow.type = 'REFUND' THEN flow.amount_minor ELSE 0 END)
            ON CONFLICT (tenant_id, order_id, currency) DO UPDATE SET sold_minor = o.sold_minor + EXCLUDED.sold_minor;
    END IF;
END $$;

REVOKE ALL ON FUNCTION ledger_count_order_v1 FROM PUBLIC;
