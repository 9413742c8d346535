-- Transactions are counted by cluster. What a dump brought along names transactions of another one.
CREATE OR REPLACE FUNCTION pos_cluster_v1() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT system_identifier FROM pg_control_system()
$$;
