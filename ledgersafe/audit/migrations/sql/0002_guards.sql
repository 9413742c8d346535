CALL ledgersafe_make_append_only_v1('audit_log');
