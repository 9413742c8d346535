-- Days that nobody sold on are inserted as closed, thousands in one statement: asked once, not per row, whether a day
-- before the last of them is open.
CREATE OR REPLACE FUNCTION ledger_periods_inserted_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT tenant_id, max(business_date) AS last FROM new_periods
                            WHERE status = 'closed' GROUP BY 1) n
               JOIN periods d ON d.tenant_id = n.tenant_id AND d.status = 'open' AND d.business_date < n.last) THEN
        PERFORM ledger_refuse_v1('periods_closed_in_order', 'An earlier business day is still open.');
    END IF;
    RETURN NULL;
END $$;
