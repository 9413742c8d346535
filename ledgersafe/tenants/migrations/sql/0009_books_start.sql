-- Tenants of before: their books start 30 days before they were made, by their clock, or with what stands in them
-- already, so that nothing becomes illegal.
DO $do$ BEGIN
    UPDATE tenants SET books_start = (created_at AT TIME ZONE time_zone)::date - 30;
    IF to_regclass('journals') IS NOT NULL THEN
        UPDATE tenants t SET books_start = first.day
        FROM (SELECT tenant_id, min(business_date) AS day FROM periods GROUP BY 1) first
        WHERE first.tenant_id = t.id AND first.day < t.books_start;
        UPDATE tenants t SET books_start = first.day
        FROM (SELECT tenant_id, min(business_date) AS day FROM journals GROUP BY 1) first
        WHERE first.tenant_id = t.id AND first.day < t.books_start;
    END IF;
END $do$;
