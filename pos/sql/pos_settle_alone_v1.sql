-- Settle one arrival of a batch in a savepoint of its own; hold it as PROCESSING_FAILED when the books refuse it.
--
-- Parameters: p_tenant, p_context; p_arrival, p_lines: see pos_receive_v2; p_raw_ids: by the arrivals' ordinals.
-- Answer: as pos_take_key_v1.
-- Locks: as pos_take_key_v1.
-- Callers: pos_settle_v1.
CREATE OR REPLACE FUNCTION pos_settle_alone_v1(p_tenant bigint, p_context jsonb, p_arrival jsonb, p_lines jsonb,
                                    p_raw_ids bigint[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    settled jsonb;
BEGIN
    settled := pos_take_key_v1(p_tenant, p_context, p_arrival, p_lines, p_raw_ids[(p_arrival ->> 'o')::integer]);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN settled;
EXCEPTION
    WHEN serialization_failure OR deadlock_detected OR lock_not_available OR insufficient_resources
         OR operator_intervention OR system_error THEN
        RAISE;
    WHEN OTHERS THEN
        SET CONSTRAINTS ALL DEFERRED;
        RETURN pos_take_key_v1(p_tenant, p_context, (p_arrival - 'j' - 'audit' - 'claim') || jsonb_build_object(
            'd', 'hold', 'why', 'PROCESSING_FAILED',
            'details', jsonb_build_object('message', 'The books refused this event.', 'refusal', SQLERRM,
                                          'sqlstate', SQLSTATE)), '[]', p_raw_ids[(p_arrival ->> 'o')::integer]);
END $$;
