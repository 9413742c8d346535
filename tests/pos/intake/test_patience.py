"""How often a reception is tried again, and when it is written row by row."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import IntegrityError, OperationalError

from ledgersafe.postgres.db import StaleMemory
from pos.intake.patience import Patience, retry_patiently
from pos.posting import tenant_memory


def refused(error: type[psycopg.Error]) -> Exception:
    """A database error as Django raises it."""
    wrapped = IntegrityError("refused")
    wrapped.__cause__ = error("refused")
    return wrapped


CONTENTION, TAKEN, CLOSED = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,
    psycopg.errors.CheckViolation,
)
ODD, GONE = psycopg.errors.InvalidTextRepresentation, psycopg.errors.AdminShutdown


@pytest.mark.parametrize(
    ("errors", "is_last", "is_row_by_row"),
    [
        ([], False, False),
        ([CONTENTION] * 9, False, False),
        ([TAKEN], False, False),
        ([CLOSED, TAKEN], True, True),
        ([ODD], False, True),
        ([ODD, CLOSED], False, True),
        ([GONE] * 3, False, False),
    ],
    ids=["nothing", "contention", "one key", "a day and a key", "odd", "odd, then a day", "server gone"],
)
def test_only_refusals_of_keys_and_days_use_patience_up(
    errors: list[type[psycopg.Error]], is_last: bool, is_row_by_row: bool
) -> None:
    patience = Patience()
    for error in errors:
        patience.count(refused(error))
    assert (patience.is_last, patience.is_row_by_row) == (is_last, is_row_by_row)


def test_an_odd_refusal_is_tried_row_by_row_once() -> None:
    patience = Patience()
    assert patience.count(refused(ODD)) is True
    assert patience.count(refused(ODD)) is False


def test_a_figure_that_no_column_holds_is_odd() -> None:
    assert Patience().count(OverflowError()) is True


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Tenants whose memory was dropped."""
    tenants: list[int] = []
    monkeypatch.setattr(tenant_memory, "forget", tenants.append)
    return tenants


def failing(*errors: Exception) -> Callable[[Patience], str]:
    """An attempt that fails with each of these, and succeeds then."""
    left = list(errors)

    def attempt(patience: Patience) -> str:
        if left:
            raise left.pop(0)
        return "last" if patience.is_last else "row by row" if patience.is_row_by_row else "as ever"

    return attempt


@pytest.mark.parametrize(
    ("errors", "way"),
    [
        ([], "as ever"),
        ([StaleMemory()], "as ever"),
        ([refused(CONTENTION)], "as ever"),
        ([refused(CLOSED)], "as ever"),
        ([refused(CLOSED), refused(CLOSED)], "last"),
        ([refused(ODD)], "row by row"),
        ([OverflowError()], "row by row"),
    ],
)
def test_it_tries_again(forgotten: list[int], errors: list[Exception], way: str) -> None:
    assert retry_patiently(7, failing(*errors)) == way
    assert forgotten == [7] * sum(not isinstance(error, StaleMemory) for error in errors)


def test_what_stays_odd_is_raised(forgotten: list[int]) -> None:
    with pytest.raises(IntegrityError):
        retry_patiently(7, failing(refused(ODD), refused(ODD)))
    assert forgotten == [7, 7]


def test_another_error_is_a_bug_and_raised_at_once(forgotten: list[int]) -> None:
    with pytest.raises(KeyError):
        retry_patiently(7, failing(KeyError("bug"), OperationalError()))
    assert forgotten == []
