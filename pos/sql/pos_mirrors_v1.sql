-- Tell whether two journals undo each other: the same accounts, the opposite amounts.
--
-- PL/pgSQL, so that its plan is kept with the session.
--
-- Parameters: one, other: journal ids.
-- Answer: boolean.
-- Locks: none.
-- Callers: pos_references_guard_v1.
CREATE OR REPLACE FUNCTION pos_mirrors_v1(one bigint, other bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN (SELECT count(*) > 0 AND bool_and(sums.off = 0) FROM (
        SELECT sum(p.amount_minor) AS off FROM unnest(ARRAY[one, other]) AS n(id) CROSS JOIN LATERAL (
            SELECT x.account_id, x.amount_minor FROM postings x WHERE x.journal_id = n.id OFFSET 0) p
        GROUP BY p.account_id) sums);
END $$;
