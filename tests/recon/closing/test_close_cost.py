"""What closing a day costs does not grow with the day: the database adds up, Python only says what."""

from typing import Any

import pytest
from django.db import connection

from ledger.transfers import TransferLine, TransferRequest, transfer
from recon.closing import close as closing
from tests.conftest import Shop, open_shop
from tests.scenes.days import DAY, LATER, close
from tests.scenes.transfers import open_accounts

ENTRIES, CALL = 1_000, 25


class Stopped(Exception):
    """Ends a close when its own commit is through, before the pack."""


def post(shop: Shop, postings: int) -> None:
    """As many postings on the day, a thousand to a transfer, 25 transfers to a call."""
    open_accounts(shop, "A", "B")
    lines = tuple(TransferLine("AB"[number % 2], "USD", 1 - number % 2 * 2, None) for number in range(ENTRIES))
    wanted = [
        TransferRequest("erp", f"key-{number}", DAY, "", f"ref-{number}", {}, lines, b"%032d" % number)
        for number in range(postings // ENTRIES)
    ]
    for start in range(0, len(wanted), CALL):
        transfer.carry_out(principal=shop.principal, requests=wanted[start : start + CALL], now=LATER, single=False)


def statements_of_closing(shop: Shop) -> list[str]:
    """What the close sends to the database."""
    sent: list[str] = []

    def keep(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(keep), pytest.raises(Stopped):
        close(shop)
    return sent


def test_a_day_of_100_000_postings_takes_the_statements_of_one_with_1_000(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise Stopped

    monkeypatch.setattr(closing, "issue_packs", stop)
    small = open_shop()
    post(small, 1_000)
    post(shop, 100_000)
    assert shop.number("postings") == 100_000
    first = statements_of_closing(small)
    assert statements_of_closing(shop) == first
    assert 0 < len(first) < 40
