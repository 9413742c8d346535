-- Build a header for pos_record_facts_v1 from an arrival, its figures and its journal.
--
-- Parameters: a: the arrival; s: its figures; j: the journal's header; p_journal, p_raw_id: ids.
-- Answer: {"j", "k", "raw", "st", "reg", "tx", "et", "cur", "at", "date", "late", "f"}.
-- Locks: none.
-- Callers: pos_take_keys_v1, pos_take_key_v1.
CREATE OR REPLACE FUNCTION pos_facts_v1(a jsonb, s jsonb, j jsonb, p_journal bigint, p_raw_id bigint) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT s || jsonb_build_object('j', p_journal, 'k', a -> 'k', 'raw', p_raw_id, 'st', a -> 'st', 'tx', a -> 'tx',
                                   'et', a -> 'et', 'at', a -> 'at', 'date', j -> 'date', 'late', j -> 'late')
$$;
