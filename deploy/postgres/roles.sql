-- The roles and the database of Ledger-Safe, before the first `manage.py migrate`; once, as an administrator:
--
--   OWNER_PASSWORD=… WEB_PASSWORD=… psql -v ON_ERROR_STOP=1 -d postgres -f deploy/postgres/roles.sql
--
-- docker compose runs it by itself when its volume is new. Postgres 15 and later.
\getenv owner_password OWNER_PASSWORD
\getenv web_password WEB_PASSWORD

BEGIN;
-- What every request, task and command acts as. It owns nothing; `migrate` grants it what the models declare.
CREATE ROLE ledgersafe_app NOLOGIN;

-- Owns the database and migrates (DATABASE_OWNER_URL); nobody else knows its password. It creates no roles: the one it
-- would need is there.
CREATE ROLE ledgersafe_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'owner_password';

-- Logs in for web, worker and beat (DATABASE_URL): a member of the application role and of nothing else. So whoever
-- gets hold of it can act as that role, and as nobody. NOINHERIT: before it does, it may do nothing at all.
CREATE ROLE ledgersafe_web LOGIN NOINHERIT NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'web_password';
GRANT ledgersafe_app TO ledgersafe_web;

-- An administrator who is no superuser, as on managed servers, creates databases only for roles it belongs to.
GRANT ledgersafe_owner TO CURRENT_USER;
COMMIT;

CREATE DATABASE ledgersafe OWNER ledgersafe_owner;
