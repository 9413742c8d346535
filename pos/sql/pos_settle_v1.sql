-- Settle captured arrivals in a savepoint: take their keys, post or hold them, and have deferred guards check at once.
--
-- An error is the event's fault only in the end. Errors that say nothing of the event fail the whole reception, and the
-- till sends it again: contention (40001, 40P01), a lock not granted in time (55P03), lack of memory or disk (53), an
-- operator's intervention (57), a failing machine (58). 23505 and 23514 (a key just taken, a day just closed: Python's
-- memory is stale) have the transaction run again until p_context.last is set. After that the arrivals are settled one
-- by one, and only the one at fault is held as PROCESSING_FAILED.
--
-- Parameters: p_tenant, p_context; p_arrivals, p_lines: see pos_receive_v2; p_raw_ids: by the arrivals' ordinals.
-- Answer: as pos_take_keys_v1.
-- Locks: as pos_take_keys_v1.
-- Callers: pos/intake/writer.py, pos_receive_v2.
CREATE OR REPLACE FUNCTION pos_settle_v1(p_tenant bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb, p_raw_ids bigint[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    settled jsonb;
    one jsonb;
    arrival jsonb;
BEGIN
    arrival := p_arrivals -> 0;
    IF jsonb_array_length(p_arrivals) > 1 THEN
        settled := pos_take_keys_v1(p_tenant, p_context, p_arrivals, p_lines, p_raw_ids);
    ELSIF arrival ->> 'd' IN ('post', 'hold') THEN
        settled := pos_take_key_v1(p_tenant, p_context, arrival, p_lines, p_raw_ids[(arrival ->> 'o')::integer]);
    ELSE
        RETURN '{"fresh": [], "known": [], "clash": []}';
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN settled;
EXCEPTION
    WHEN serialization_failure OR deadlock_detected OR lock_not_available OR insufficient_resources
         OR operator_intervention OR system_error THEN
        RAISE;
    WHEN OTHERS THEN
        IF SQLSTATE IN ('23505', '23514') AND NOT p_context ? 'last' THEN
            RAISE;
        END IF;
        settled := '{"fresh": [], "known": [], "clash": []}';
        FOR arrival IN SELECT a FROM jsonb_array_elements(p_arrivals) a WHERE a ->> 'd' IN ('post', 'hold') LOOP
            one := pos_settle_alone_v1(p_tenant, p_context, arrival, p_lines, p_raw_ids);
            settled := jsonb_build_object(
                'fresh', settled -> 'fresh' || (one -> 'fresh'), 'known', settled -> 'known' || (one -> 'known'),
                'clash', settled -> 'clash' || (one -> 'clash'));
        END LOOP;
        RETURN settled;
END $$;
