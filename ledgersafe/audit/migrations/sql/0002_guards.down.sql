DROP TRIGGER append_only ON audit_log;
