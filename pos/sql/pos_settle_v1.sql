-- What says nothing of the event has the reception fail, and the till send it again: contention, as before, and now also
-- a lock that was not to be had in time (55P03), a server that lacks memory or disk (53), that is being stopped or was
-- told to give up (57), and one whose machine fails (58). No event is held for any of these.
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
