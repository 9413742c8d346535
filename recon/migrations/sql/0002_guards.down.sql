DROP TRIGGER append_only ON day_packs;
DROP TRIGGER append_only ON day_close_exceptions;
DROP TRIGGER append_only ON day_close_accounts;
DROP TRIGGER append_only ON day_closes;
DROP TRIGGER day_close_parts_guard ON day_close_exceptions;
DROP TRIGGER day_close_parts_guard ON day_close_accounts;
DROP FUNCTION recon_day_close_parts_guard_v1();
DROP TRIGGER day_closes_guard ON day_closes;
DROP FUNCTION recon_day_closes_guard_v1();
