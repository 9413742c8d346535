-- Refuse days inserted as closed while an earlier day is open (periods_closed_in_order).
--
-- Thousands of days without sales are inserted as closed in one statement, so the query runs once per statement, not
-- per row.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none of its own; ledger_periods_guard_v3 holds the calendar.
-- Callers: trigger periods.periods_inserted (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION ledger_periods_inserted_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT tenant_id, max(business_date) AS last FROM new_periods
                            WHERE status = 'closed' GROUP BY 1) n
               JOIN periods d ON d.tenant_id = n.tenant_id AND d.status = 'open' AND d.business_date < n.last) THEN
        PERFORM ledger_refuse_v1('periods_closed_in_order', 'An earlier business day is still open.');
    END IF;
    RETURN NULL;
END $$;
