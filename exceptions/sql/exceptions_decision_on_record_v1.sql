-- Refuse, at commit, a resolved case without the decision on record that says who, what and why
-- (exceptions_decision_on_record).
--
-- Parameters: none (a trigger function).
-- Answer: null (a deferred constraint trigger).
-- Locks: none.
-- Callers: trigger exceptions.decision_on_record (AFTER INSERT OR UPDATE, deferred to commit).
CREATE OR REPLACE FUNCTION exceptions_decision_on_record_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'resolved' AND NOT EXISTS (
        SELECT FROM exception_resolutions r
        WHERE r.tenant_id = NEW.tenant_id AND r.case_id = NEW.id AND r.stage = 'resolved'
          AND r.actor = NEW.resolution_actor AND r.action = NEW.resolution_action) THEN
        RAISE EXCEPTION 'A case is resolved only together with the decision that says who, what and why.'
            USING ERRCODE = '23514', CONSTRAINT = 'exceptions_decision_on_record', TABLE = 'exceptions';
    END IF;
    RETURN NULL;
END $$;
