-- A header as pos_record_facts_v1 reads it, from an arrival, its figures and its journal.
CREATE OR REPLACE FUNCTION pos_facts_v1(a jsonb, s jsonb, j jsonb, p_journal bigint, p_raw_id bigint) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT s || jsonb_build_object('j', p_journal, 'k', a -> 'k', 'raw', p_raw_id, 'st', a -> 'st', 'tx', a -> 'tx',
                                   'et', a -> 'et', 'at', a -> 'at', 'date', j -> 'date', 'late', j -> 'late')
$$;
