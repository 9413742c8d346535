"""Money in the answers to preview and resolve: plain decimal text, with the decimals of its currency."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import Shop, open_shop

#: How many decimals ISO 4217 gives them.
PLACES = {"USD": 2, "JPY": 0, "BHD": 3}
WHY = {"action": "override_and_replay", "resolution_notes": "Asked the store.", "canonical": "LAST"}


def major(minor: int, currency: str) -> str:
    """Minor units as text, by Decimal's own formatting."""
    return f"{Decimal(minor).scaleb(-PLACES[currency]):.{PLACES[currency]}f}"


def sale(shop: Shop, currency: str, *, line: int, tax: int, card: int) -> dict[str, Any]:
    """A sale of one line, with 2,000 minor units in cash and the rest by card."""
    return shop.sale(
        currency=currency,
        total_amount=major(line + tax, currency),
        line_items=[{"sku": "A", "qty": 1, "amount": major(line, currency)}],
        tax_lines=[{"code": "VAT", "rate": 0.1, "amount": major(tax, currency)}],
        tenders=[
            {"method": "CASH", "amount": major(2_000, currency)},
            {"method": "CARD", "amount": major(card, currency), "processor": "stripe"},
        ],
    )


def conflict(currency: str) -> tuple[Shop, str]:
    """Of 3,850 and 400 tax, and then of 4,050 and 300 tax. :returns: the shop and the case's id."""
    shop = open_shop(currency=currency)
    assert shop.send(sale(shop, currency, line=3_850, tax=400, card=2_250)).status_code == 201
    answer = shop.send(sale(shop, currency, line=4_050, tax=300, card=2_350))
    assert answer.json()["reason_code"] == "IDEMPOTENCY_CONFLICT", answer.content
    return shop, answer.json()["exception_id"]


def values(answer: Any) -> Iterator[Any]:
    """Every value of an answer that is no list and no object."""
    if isinstance(answer, dict | list):
        for member in answer.values() if isinstance(answer, dict) else answer:
            yield from values(member)
    else:
        yield answer


@pytest.mark.parametrize("currency", PLACES)
def test_a_preview_tells_every_amount_as_decimal_text(books: None, currency: str) -> None:
    shop, case_id = conflict(currency)
    answer = shop.post(f"/v1/exceptions/{case_id}/preview", WHY).json()

    change = {name: by_currency[currency] for name, by_currency in answer["change"].items()}
    assert change == {"drawer": major(0, currency), "tax": major(-100, currency), "revenue": major(200, currency)}
    reversal, posted = ([line["amount"] for line in journal["lines"]] for journal in answer["journals"])
    assert sorted(posted, key=Decimal) == [major(n, currency) for n in (-4_050, -300, 2_000, 2_350)]
    assert sorted(reversal, key=Decimal) == [major(n, currency) for n in (-2_250, -2_000, 400, 3_850)]
    decimals = rf"\.[0-9]{{{PLACES[currency]}}}" if PLACES[currency] else ""
    plain = re.compile(f"-?[0-9]+{decimals}")
    for amount in (*change.values(), *reversal, *posted):
        assert plain.fullmatch(amount)
    del answer["final_payload"]  # the event itself, as it was sent
    assert [value for value in values(answer) if isinstance(value, float)] == []


@pytest.mark.parametrize("currency", PLACES)
def test_the_amounts_of_the_event_are_told_as_they_were_sent(books: None, currency: str) -> None:
    shop, case_id = conflict(currency)
    payload = shop.post(f"/v1/exceptions/{case_id}/preview", WHY).json()["final_payload"]
    assert payload == sale(shop, currency, line=4_050, tax=300, card=2_350)


def test_what_moves_no_money_changes_nothing(books: None) -> None:
    shop, case_id = conflict("USD")
    answer = shop.post(f"/v1/exceptions/{case_id}/preview", WHY | {"canonical": "FIRST"}).json()
    assert (answer["journals"], answer["change"]) == ([], {"drawer": {}, "tax": {}, "revenue": {}})


@pytest.mark.parametrize("currency", PLACES)
def test_a_resolution_tells_no_number_but_ids(books: None, currency: str) -> None:
    shop, case_id = conflict(currency)
    answer = shop.post(f"/v1/exceptions/{case_id}/resolve", WHY).json()
    numbers = {name for name, value in answer["replay"].items() if type(value) in {int, float}}
    assert numbers == {"canonical_raw_id", "journal_id", "reversal_journal_id"}
