-- A process remembers a tenant's settings for a while and names the version it remembers when it posts.
CREATE OR REPLACE FUNCTION tenants_count_version_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;
