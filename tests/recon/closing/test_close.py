"""Closing a business day: what is refused, what is kept, and what a second close answers."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from exceptions.decisions import NotesRequired
from ledger.models import BalanceSnapshot, Period
from ledgersafe.audit.models import AuditEntry
from ledgersafe.values.errors import InvalidParameter, NotFound
from recon.closing.close_refusals import DayNotOver, DayNotReady, EarlierDayOpen, ForceNotAllowed
from recon.models import DayClose, DayCloseException, DayPack
from tests.conftest import Shop, open_shop
from tests.scenes.days import DAY, after, close, hold, sell


def closed_dates(shop: Shop) -> list[date]:
    rows = Period.objects.filter(tenant=shop.tenant, status="closed").order_by("business_date")
    return list(rows.values_list("business_date", flat=True))


def test_a_close_seals_the_day_keeps_every_balance_and_says_who(shop: Shop) -> None:
    sell(shop, DAY)
    done = close(shop)
    assert closed_dates(shop) == [DAY]
    assert done.close.accounts == shop.number("accounts") == 4
    balances = BalanceSnapshot.objects.filter(tenant=shop.tenant, business_date=DAY)
    assert sorted(balances.values_list("balance_minor", flat=True)) == [-3850, -400, 2000, 2250]
    assert (done.close.actor, done.close.forced, done.close.open_exceptions) == ("user:anna", False, 0)


def test_a_second_close_answers_what_the_first_did_and_changes_nothing(shop: Shop) -> None:
    sell(shop, DAY)
    first = close(shop)
    before = [shop.number(table) for table in ("audit_log", "balance_snapshots", "day_closes", "day_packs")]
    again = close(shop, actor="user:ben", force=True, may_force=True, notes="Once more.")
    assert (again.close, again.pack) == (first.close, first.pack)
    assert again.close.actor == "user:anna"
    assert [shop.number(t) for t in ("audit_log", "balance_snapshots", "day_closes", "day_packs")] == before


def test_the_current_day_and_the_future_are_refused(shop: Shop) -> None:
    sell(shop, DAY)
    for now in ("2026-02-25T23:58:59Z", "2026-02-24T12:00:00Z"):
        with pytest.raises(DayNotOver, match="ends at 2026-02-25T23:59:00Z"):
            close(shop, now=datetime.fromisoformat(now))
    close(shop, now=datetime(2026, 2, 25, 23, 59, tzinfo=UTC))
    assert closed_dates(shop) == [DAY]


@pytest.mark.parametrize(("day", "ends_at"), [("2026-03-29", "01:00"), ("2026-10-25", "02:00")])
def test_on_nights_when_clocks_change_a_day_ends_at_its_local_cut_off(books: None, day: str, ends_at: str) -> None:
    shop = open_shop(time_zone="Europe/Athens")
    type(shop.tenant).objects.filter(pk=shop.tenant.pk).update(cut_off_hour=4, cut_off_minute=0)
    the_day = date.fromisoformat(day)
    sell(shop, the_day - timedelta(days=1))  # at 11:30 in Athens: after the cut-off, so of the next day
    end = datetime.fromisoformat(f"{day}T{ends_at}:00+00:00")
    with pytest.raises(DayNotOver):
        close(shop, the_day, now=end - timedelta(microseconds=1))
    assert close(shop, the_day, now=end).close.period.ends_at == end


def test_an_earlier_day_with_journals_must_be_closed_first(shop: Shop) -> None:
    sell(shop, DAY)
    sell(shop, after(DAY, 2))
    with pytest.raises(EarlierDayOpen, match="2026-02-25 is still open") as refusal:
        close(shop, after(DAY, 2))
    assert refusal.value.context == {"earliest_open": "2026-02-25"}
    assert closed_dates(shop) == []


def test_days_nobody_sold_on_are_closed_with_the_next_so_that_closed_days_are_contiguous(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    sell(shop, after(DAY, 4))
    close(shop, after(DAY, 4))
    assert closed_dates(shop) == [after(DAY, days) for days in range(5)]
    assert shop.number("balance_snapshots") == 2 * 4
    assert list(DayClose.objects.filter(tenant=shop.tenant).values_list("forced", flat=True)) == [False] * 5


def test_a_day_without_journals_can_be_closed_by_itself(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    close(shop, after(DAY, 2))
    assert closed_dates(shop) == [DAY, after(DAY), after(DAY, 2)]


def test_a_day_before_the_closed_ones_that_never_was_is_not_found(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    with pytest.raises(NotFound):
        close(shop, after(DAY, -1))
    with pytest.raises(InvalidParameter):
        close(shop, date(1999, 12, 31))


def test_undecided_events_stand_against_a_close_with_their_money(shop: Shop) -> None:
    sell(shop, DAY)
    hold(shop, DAY)
    with pytest.raises(DayNotReady, match="1 held event of the day waits") as refusal:
        close(shop)
    assert refusal.value.context["by_reason"] == {"TOTALS_MISMATCH": 1}
    assert refusal.value.context["at_risk"] == [{"ccy": "USD", "amount": "43.00"}]
    assert closed_dates(shop) == []


def test_events_held_on_empty_days_in_between_stand_against_it_too(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    hold(shop, after(DAY))
    with pytest.raises(DayNotReady):
        close(shop, after(DAY, 3))


def test_events_held_after_the_day_do_not(shop: Shop) -> None:
    sell(shop, DAY)
    hold(shop, after(DAY))
    close(shop)
    assert closed_dates(shop) == [DAY]


def test_forcing_needs_the_right_and_a_reason(shop: Shop) -> None:
    hold(shop, DAY)
    with pytest.raises(ForceNotAllowed):
        close(shop, force=True, notes="Month end.")
    for notes in ("", " . "):
        with pytest.raises(NotesRequired):
            close(shop, force=True, may_force=True, notes=notes)
    done = close(shop, force=True, may_force=True, notes="Month end.")
    assert (done.close.forced, done.close.notes, done.close.open_exceptions) == (True, "Month end.", 1)


def test_a_case_is_kept_as_it_stood_at_the_close(shop: Shop) -> None:
    case_id = hold(shop, DAY)
    done = close(shop, force=True, may_force=True, notes="Month end.")
    body = {"action": "mark_resolved_no_replay", "resolution_notes": "Was a test."}
    assert shop.post(f"/v1/exceptions/{case_id}/resolve", body).status_code == 200
    (kept,) = DayCloseException.objects.filter(close=done.close)
    assert (str(kept.case_id), kept.status, kept.resolved_at) == (case_id, "open", None)


def test_both_steps_are_in_the_audit_log_sealed_and_anchored(shop: Shop, anchors: Path) -> None:
    sell(shop, DAY)
    done = close(shop)
    entries = AuditEntry.objects.filter(tenant=shop.tenant, object_type="business_day").order_by("id")
    closed, issued = entries
    assert (closed.action, closed.actor, closed.object_id) == ("recon.day.closed", "user:anna", "2026-02-25")
    assert closed.after is not None
    assert closed.after["status"] == "closed"
    assert issued.action == "recon.pack.issued"
    assert issued.after == {"sha256": done.pack.sha256, "files": done.pack.files, "revision": 1}
    assert shop.rows("SELECT count(*) FROM audit_log a LEFT JOIN audit_seals s ON s.entry_id = a.id "
                     "WHERE a.tenant_id = %s AND s.entry_id IS NULL") == [(0,)]  # fmt: skip
    assert anchors.read_text().count(shop.slug) == 1


def test_a_close_whose_process_died_before_the_pack_is_finished_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop, DAY)
    with monkeypatch.context() as broken:
        broken.setattr("recon.packs.fingerprints", lambda close: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            close(shop)
    assert (closed_dates(shop), DayPack.objects.filter(tenant=shop.tenant).count()) == ([DAY], 0)
    assert len(close(shop).pack.files) == 9


@pytest.mark.parametrize("with_date", [True, False])
def test_after_it_nothing_posts_on_the_closed_day_dated_or_not(shop: Shop, with_date: bool) -> None:
    sell(shop, DAY)
    close(shop)
    dated = {"business_date": str(DAY)} if with_date else {}
    for event_id, day in (("late-1", DAY), ("late-2", after(DAY, -1))):
        sell(shop, day, event_id, **dated)
    assert shop.rows(
        "SELECT count(*) FROM journals WHERE tenant_id = %s AND business_date <= %s AND source_key LIKE 'late-%%'", DAY
    ) == [(0,)]
