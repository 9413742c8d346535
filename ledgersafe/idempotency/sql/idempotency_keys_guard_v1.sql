-- Refuse two kinds of stored answers: a refusal that a later event may lift (idempotency_keys_final_refusal), and an
-- answer under the name of a key that replaces another (idempotency_keys_first_of_chain).
--
-- A repeat of a refusal that may be lifted must be tried again. The table's CHECK knows statuses only; the codes here
-- are those of status 422 that do not mean never. A quote inside a text of the body would be escaped. The principal of
-- a rotated key has the name of the first key of its chain: under any other name a repeat would be carried out again.
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger idempotency_keys.guard (BEFORE INSERT, each row).
CREATE OR REPLACE FUNCTION idempotency_keys_guard_v1() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.status = 422 AND position('"code":"CANNOT_EXCEED_ORIGINAL"'::bytea IN NEW.body) > 0 THEN
        RAISE EXCEPTION 'A refusal that may be lifted is not stored.'
            USING ERRCODE = '23514', CONSTRAINT = 'idempotency_keys_final_refusal', TABLE = 'idempotency_keys';
    END IF;
    -- One under the name of a key that replaces another: the principal has the name of the first key of the chain, and
    -- a repeat by any other key of it would be carried out again.
    IF NEW.principal ~ '^key:[0-9]{1,18}$' AND EXISTS (
           SELECT FROM api_keys WHERE id = substr(NEW.principal, 5)::bigint AND origin_id IS NOT NULL) THEN
        RAISE EXCEPTION 'Answers stand under the first key of a chain of rotations.'
            USING ERRCODE = '23514', CONSTRAINT = 'idempotency_keys_first_of_chain', TABLE = 'idempotency_keys';
    END IF;
    RETURN NEW;
END $$;
