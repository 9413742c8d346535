-- Name the cluster that counts the transactions. A dump brings transaction numbers of another one along.
--
-- Parameters: none.
-- Answer: bigint, the system identifier.
-- Locks: none.
-- Callers: pos/checks/content.py, pos/checks/daily_sales.py, pos/reports/articles.py, pos/sales/projection.py,
--     pos_daily_sales_v1, pos_adopt_facts_v1, pos_roll_up_sales_v1, pos_next_content_v1, pos_keep_content_v1.
CREATE OR REPLACE FUNCTION pos_cluster_v1() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT system_identifier FROM pg_control_system()
$$;
