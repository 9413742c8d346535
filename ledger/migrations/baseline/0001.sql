-- Ids that the posting functions draw themselves.
CREATE SEQUENCE journals_id_seq AS bigint OWNED BY journals.id;

-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CALL ledgersafe_make_append_only_v1('account_versions');

CREATE TRIGGER accounts_guard BEFORE INSERT OR UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_accounts_guard_v2();
ALTER TABLE accounts ENABLE ALWAYS TRIGGER accounts_guard;
CREATE TRIGGER accounts_history AFTER INSERT OR UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_accounts_history_v1();
ALTER TABLE accounts ENABLE ALWAYS TRIGGER accounts_history;

CALL ledgersafe_make_append_only_v1('balance_snapshots');

CALL ledgersafe_make_append_only_v1('financial_transactions');
CREATE CONSTRAINT TRIGGER flows_agree AFTER INSERT ON financial_transactions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_flows_agree_v1();
ALTER TABLE financial_transactions ENABLE ALWAYS TRIGGER flows_agree;
CREATE TRIGGER flows_guard BEFORE INSERT ON financial_transactions
    FOR EACH ROW EXECUTE FUNCTION ledger_flows_guard_v1();
ALTER TABLE financial_transactions ENABLE ALWAYS TRIGGER flows_guard;

CALL ledgersafe_make_append_only_v1('fx_conversions');
CREATE TRIGGER fx_conversions_guard AFTER INSERT ON fx_conversions
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_conversions_guard_v1();
ALTER TABLE fx_conversions ENABLE ALWAYS TRIGGER fx_conversions_guard;

CALL ledgersafe_make_append_only_v1('fx_rates');
CREATE TRIGGER fx_rates_guard BEFORE INSERT ON fx_rates
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_rates_guard_v1();
ALTER TABLE fx_rates ENABLE ALWAYS TRIGGER fx_rates_guard;

CALL ledgersafe_make_append_only_v1('fx_revaluations');
CREATE TRIGGER fx_revaluations_guard AFTER INSERT ON fx_revaluations
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_revaluations_guard_v1();
ALTER TABLE fx_revaluations ENABLE ALWAYS TRIGGER fx_revaluations_guard;

CALL ledgersafe_make_append_only_v1('fx_settlements');
CREATE CONSTRAINT TRIGGER fx_settlements_guard AFTER INSERT ON fx_settlements DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_fx_settlements_guard_v1();
ALTER TABLE fx_settlements ENABLE ALWAYS TRIGGER fx_settlements_guard;

CALL ledgersafe_make_append_only_v1('journals');
CREATE CONSTRAINT TRIGGER journals_complete AFTER INSERT ON journals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_journals_complete_v2();
ALTER TABLE journals ENABLE ALWAYS TRIGGER journals_complete;
CREATE TRIGGER journals_guard AFTER INSERT ON journals REFERENCING NEW TABLE AS new_journals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_journals_guard_v2();
ALTER TABLE journals ENABLE ALWAYS TRIGGER journals_guard;

CALL ledgersafe_make_append_only_v1('period_reopenings');
CREATE TRIGGER reopenings_guard BEFORE INSERT ON period_reopenings
    FOR EACH ROW EXECUTE FUNCTION ledger_reopenings_guard_v1();
ALTER TABLE period_reopenings ENABLE ALWAYS TRIGGER reopenings_guard;
CREATE TRIGGER reopenings_open AFTER INSERT ON period_reopenings
    FOR EACH ROW EXECUTE FUNCTION ledger_reopenings_open_v1();
ALTER TABLE period_reopenings ENABLE ALWAYS TRIGGER reopenings_open;

CREATE TRIGGER periods_guard BEFORE INSERT OR UPDATE ON periods
    FOR EACH ROW EXECUTE FUNCTION ledger_periods_guard_v3();
ALTER TABLE periods ENABLE ALWAYS TRIGGER periods_guard;
CREATE TRIGGER periods_inserted AFTER INSERT ON periods REFERENCING NEW TABLE AS new_periods
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_periods_inserted_v1();
ALTER TABLE periods ENABLE ALWAYS TRIGGER periods_inserted;

CREATE TRIGGER drawers_guard BEFORE INSERT OR UPDATE ON pos_ledgers
    FOR EACH ROW EXECUTE FUNCTION ledger_drawers_guard_v1();
ALTER TABLE pos_ledgers ENABLE ALWAYS TRIGGER drawers_guard;
CREATE TRIGGER drawers_kept BEFORE DELETE OR TRUNCATE ON pos_ledgers
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_drawers_kept_v1();
ALTER TABLE pos_ledgers ENABLE ALWAYS TRIGGER drawers_kept;

CALL ledgersafe_make_append_only_v1('postings');
CREATE TRIGGER postings_guard AFTER INSERT ON postings REFERENCING NEW TABLE AS new_postings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_guard_v4();
ALTER TABLE postings ENABLE ALWAYS TRIGGER postings_guard;

CREATE TRIGGER calendar_fixed BEFORE UPDATE ON tenants
    FOR EACH ROW EXECUTE FUNCTION ledger_tenants_guard_v2();
ALTER TABLE tenants ENABLE ALWAYS TRIGGER calendar_fixed;

CALL ledgersafe_make_append_only_v1('transfers');
