-- Refuse references that together exceed their original: voided or corrected once (sale_references_once), standing in
-- the books (sale_references_original_stands), returned within its total (sale_references_within_original).
--
-- The original is locked, not rewritten: a new version of its row with every return cost more than the rest of the
-- check, and left a dead one. Whoever waited for the lock sees the other's references, because each statement of READ
-- COMMITTED has a snapshot of its own; under another isolation it would not, so there nothing is written
-- (sale_references_read_committed).
--
-- Parameters: p_tenant; p_key: of the original.
-- Answer: none; raises 23514.
-- Locks: the original's row of events_processed, FOR NO KEY UPDATE until commit: two returns that meet are counted one
--     after the other.
-- Callers: pos_references_guard_v1, pos_originals_guard_v1.
CREATE OR REPLACE FUNCTION pos_check_original_v1(p_tenant bigint, p_key text) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_sort = off SET enable_incremental_sort = off SET jit = off AS $$
DECLARE
    original record;
    used record;
    sold record;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN -- which are one
        PERFORM ledger_refuse_v1('sale_references_read_committed',
            'What becomes of a sale is written under READ COMMITTED only.');
    END IF;
    SELECT status, journal_id INTO original FROM events_processed
        WHERE tenant_id = p_tenant AND idempotency_key = p_key FOR NO KEY UPDATE;
    SELECT coalesce(sum(sign) FILTER (WHERE kind = 'VOID'), 0) AS voids,
           coalesce(sum(sign) FILTER (WHERE kind = 'CORRECTION'), 0) AS corrections,
           coalesce(sum(sign) FILTER (WHERE kind = 'RETURN'), 0) AS returns,
           coalesce(sum(sign) FILTER (WHERE kind = 'TIP_ADJUST'), 0) AS tips,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'RETURN'), 0) AS returned,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'TIP_ADJUST'), 0) AS tipped,
           max(journal_id) FILTER (WHERE kind = 'CORRECTION' AND sign = 1) AS correction
        INTO used FROM (
            SELECT kind, sign, amount_minor, journal_id FROM sale_references
            WHERE tenant_id = p_tenant AND original_key >= p_key AND original_key <= p_key
            ORDER BY original_key OFFSET 0) made;
    IF used.voids = 0 AND used.corrections = 0 AND used.returns = 0 AND used.tips = 0 AND used.returned = 0
       AND used.tipped = 0 THEN
        RETURN;
    END IF;
    IF used.voids NOT IN (0, 1) OR used.corrections NOT IN (0, 1)
       OR (used.voids = 1 AND (used.corrections <> 0 OR used.returns <> 0 OR used.tips <> 0)) THEN
        PERFORM ledger_refuse_v1('sale_references_once',
            format('%s is voided or corrected once, and voided only when nothing else became of it.', p_key));
    END IF;
    SELECT total_minor, tips_minor INTO sold FROM sales WHERE tenant_id IS NOT DISTINCT FROM p_tenant
        AND journal_id = CASE WHEN used.corrections = 1 THEN used.correction ELSE original.journal_id END;
    IF NOT FOUND OR original.status <> 'processed' THEN
        PERFORM ledger_refuse_v1('sale_references_original_stands', format('%s does not stand in the books.', p_key));
    END IF;
    IF used.returns < 0 OR used.returned < 0 OR used.returned > greatest(sold.total_minor, 0)
       OR (used.tips <> 0 AND sold.tips_minor + used.tipped < 0) THEN
        PERFORM ledger_refuse_v1('sale_references_within_original',
            format('More would have been returned or taken back than %s came to.', p_key));
    END IF;
END $$;
