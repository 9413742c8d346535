"""Each invariant of the books: plant a violation, see exactly it reported."""

from tests.scenes.violations import Ground


def test_i14_sees_journals_that_do_not_balance(ground: Ground) -> None:
    short = ground.journal(("SALES", -100), ("SAFE", 99))
    ground.journal(("SALES", -100), ("SAFE", 101))
    ground.assert_broken("I14", "journals", short)


def test_i15_sees_a_journal_that_lost_a_posting(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100), count=3)
    ground.assert_broken("I15", "journals", journal)


def test_i15_sees_postings_of_nothing(ground: Ground) -> None:
    ground.plant("ALTER TABLE postings DROP CONSTRAINT postings_never_zero")
    journal = ground.journal(("SALES", 0), ("SAFE", 0))
    ground.assert_broken("I15", "journals", journal)


def test_i16_sees_a_posting_in_another_currency_than_its_account(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100), currency="EUR")
    posting = ground.plant(
        "SELECT journal_id || '/' || line_no FROM postings WHERE journal_id = %(journal)s LIMIT 1", journal=journal
    )
    ground.assert_broken("I16", "postings", posting)


def test_i19_sees_a_trial_balance_that_is_off(ground: Ground) -> None:
    """Only a journal that does not balance can do this, so I14 sees it too."""
    ground.journal(("SALES", -100), ("SAFE", 99))
    ground.assert_broken("I19", "postings", "USD", implied="I14")


def test_i20_sees_an_account_below_its_floor(ground: Ground) -> None:
    ground.plant("UPDATE accounts SET floor_minor = 0 WHERE tenant_id = %(tenant)s AND role = 'SAFE'")
    assert ground.broken() == {}
    ground.journal(("SAFE", -100000), ("SALES", 100000))
    account = ground.plant("SELECT id FROM accounts WHERE tenant_id = %(tenant)s AND role = 'SAFE'")
    ground.assert_broken("I20", "accounts", account)


def test_i20_counts_what_grows_by_credits_the_other_way_round(ground: Ground) -> None:
    account = ground.plant(
        "UPDATE accounts SET floor_minor = 100000 WHERE tenant_id = %(tenant)s AND role = 'SALES' RETURNING id"
    )
    ground.assert_broken("I20", "accounts", account)
    ground.journal(("SALES", -100000), ("SAFE", 100000))
    assert ground.broken() == {}


_COMMAND = """
INSERT INTO transfers (tenant_id, client_id, idempotency_key, fingerprint, journal_id, actor)
VALUES (%(tenant)s, 'c', 'k', decode(repeat('00', 32), 'hex'), %(journal)s, 'key:x') RETURNING id
"""


def test_i34_sees_a_transfers_journal_that_nobody_asked_for(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100), source="transfer", key="1")
    ground.assert_broken("I34", "journals", journal)


def test_i34_sees_a_command_whose_journal_is_gone_or_of_something_else(ground: Ground) -> None:
    other = ground.plant("SELECT min(id) FROM journals WHERE tenant_id = %(tenant)s")
    command = ground.plant(_COMMAND, journal=other)
    ground.assert_broken("I34", "transfers", command)


def test_i34_is_satisfied_by_a_command_and_its_journal(ground: Ground) -> None:
    number = int(ground.plant("SELECT nextval('transfers_id_seq')")) + 1
    journal = ground.journal(("SALES", -100), ("SAFE", 100), source="transfer", key=str(number))
    assert ground.plant(_COMMAND, journal=journal) == str(number)
    assert ground.broken() == {}


def test_i21_sees_a_reversal_that_is_no_mirror(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100))
    reversal = ground.journal(("SALES", 60), ("SAFE", -60), reverses=journal)
    ground.assert_broken("I21", "journals", reversal)


def test_i21_sees_a_second_reversal(ground: Ground) -> None:
    ground.plant("DROP INDEX journals_reversed_once")
    journal = ground.journal(("SALES", -100), ("SAFE", 100))
    ground.journal(("SALES", 100), ("SAFE", -100), reverses=journal)
    assert ground.broken() == {}
    again = ground.journal(("SALES", 100), ("SAFE", -100), reverses=journal, key="again")
    ground.assert_broken("I21", "journals", again)


def test_i24_sees_what_was_recorded_after_the_close(ground: Ground) -> None:
    _close(ground, "now() + interval '1 hour'")
    journal = ground.journal(("SALES", -100), ("SAFE", 100))
    assert ground.broken() == {}
    ground.plant("UPDATE journals SET recorded_at = now() + interval '2 hours' WHERE id = %(id)s", id=journal)
    ground.assert_broken("I24", "journals", journal)


def test_i24_sees_a_posting_of_another_day_than_its_journal(ground: Ground) -> None:
    posting = ground.plant(
        "UPDATE postings SET business_date = '2026-02-24' WHERE line_no = 1 AND journal_id = (SELECT min(journal_id) "
        "FROM postings WHERE tenant_id = %(tenant)s) RETURNING journal_id || '/' || line_no"
    )
    ground.assert_broken("I24", "postings", posting)


def test_i24_sees_a_journal_without_business_day(ground: Ground) -> None:
    ground.plant("UPDATE periods SET business_date = '2026-03-01' WHERE tenant_id = %(tenant)s")
    journal = ground.plant("SELECT min(id) FROM journals WHERE tenant_id = %(tenant)s")
    ground.assert_broken("I24", "journals", journal)


def test_i25_sees_a_snapshot_that_is_not_the_sum(ground: Ground) -> None:
    _close(ground, "now() + interval '1 hour'")
    ground.plant(
        """INSERT INTO balance_snapshots (tenant_id, account_id, business_date, balance_minor)
        SELECT tenant_id, account_id, business_date, sum(amount_minor) FROM postings
        WHERE tenant_id = %(tenant)s GROUP BY 1, 2, 3"""
    )
    assert ground.broken() == {}
    snapshot = ground.plant(
        """UPDATE balance_snapshots SET balance_minor = balance_minor + 1
        WHERE id = (SELECT max(id) FROM balance_snapshots WHERE tenant_id = %(tenant)s) RETURNING id"""
    )
    ground.assert_broken("I25", "balance_snapshots", snapshot)


def test_i26_sees_days_that_overlap(ground: Ground) -> None:
    day = ground.plant(
        """INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status)
        SELECT tenant_id, business_date + 2, ends_at - interval '1 second', ends_at + interval '1 day', 'open'
        FROM periods WHERE tenant_id = %(tenant)s RETURNING id"""
    )
    ground.assert_broken("I26", "periods", day)


def test_i26_sees_a_gap_between_consecutive_days(ground: Ground) -> None:
    day = ground.plant(
        """INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status)
        SELECT tenant_id, business_date + 1, ends_at + interval '1 second', ends_at + interval '1 day', 'open'
        FROM periods WHERE tenant_id = %(tenant)s RETURNING id"""
    )
    ground.assert_broken("I26", "periods", day)


def test_i26_sees_a_closed_day_after_an_open_one(ground: Ground) -> None:
    day = ground.plant(
        """INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status, closed_at)
        SELECT tenant_id, business_date + 1, ends_at, ends_at + interval '1 day', 'closed', now()
        FROM periods WHERE tenant_id = %(tenant)s RETURNING id"""
    )
    ground.assert_broken("I26", "periods", day)


def test_i26_sees_a_day_before_the_books_start(ground: Ground) -> None:
    day = ground.plant("SELECT min(id) FROM periods WHERE tenant_id = %(tenant)s")
    ground.plant("UPDATE tenants SET books_start = '2026-02-26' WHERE id = %(tenant)s")
    ground.assert_broken("I26", "periods", day)


def _close(ground: Ground, closed_at: str) -> None:
    ground.plant(f"UPDATE periods SET status = 'closed', closed_at = {closed_at} WHERE tenant_id = %(tenant)s")
