-- Count a tenant's version up with every update of its row.
--
-- A process remembers a tenant's settings for a while and names the version it remembers when it posts: another version
-- makes its memory stale.
--
-- Parameters: none (a trigger function).
-- Answer: the row, with the next version.
-- Locks: none of its own.
-- Callers: trigger tenants.count_version (BEFORE UPDATE, each row).
CREATE OR REPLACE FUNCTION tenants_count_version_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;
