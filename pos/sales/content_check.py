"""Check the lines, tenders and taxes of a journal against the figures of its header. Pure."""

from collections.abc import Callable, Iterable
from typing import Any

from pos.models.figures import Figures
from pos.rules import LIABILITY_LINES
from pos.sales.content import Content


def disagreement(content: Content, currency: str, figures: Figures, *, is_tip: bool) -> str | None:
    """Name the figures of a header that its content does not add up to, or return None.

    Postgres makes the same check when the rows are written.

    :param currency: the header's currency; tenders in other currencies are in none of its figures.
    :param is_tip: the event is a TIP_ADJUST, whose header counts neither sales nor returns.
    """
    basket = bool(figures.sales_count or figures.returns_count)
    inclusive = _sum(content.taxes, lambda tax: tax.inclusive)
    owed = _sum(content.lines, lambda line: line.category in LIABILITY_LINES)
    goods = _sum(content.lines, lambda line: line.category not in LIABILITY_LINES)

    def paid(*methods: str) -> int:
        return _sum(content.tenders, lambda tender: tender.method in methods and tender.currency == currency)

    compared = {
        "tax": (_sum(content.taxes), figures.tax_minor),
        "card": (paid("CARD"), figures.card_minor),
        "external": (paid("EXTERNAL"), figures.external_minor),
        "house account": (paid("HOUSE_ACCOUNT"), figures.house_account_minor),
        "gift cards and store credit": (
            paid("GIFT_CARD", "STORE_CREDIT") - owed,
            figures.gift_card_minor + figures.store_credit_minor - figures.liabilities_minor,
        ),
    }
    if basket or is_tip:
        compared["cash"] = paid("CASH"), figures.cash_minor
    if content.lines:
        compared["goods"] = goods - inclusive, figures.gross_minor - figures.returns_minor
    if basket and figures.items:
        compared["lines"] = len(content.lines), abs(figures.items)
    wrong = [f"{name} {derived} for {booked}" for name, (derived, booked) in compared.items() if derived != booked]
    return f"Its header says otherwise: {', '.join(wrong)}." if wrong else None


def _sum(parts: Iterable[Any], counts: Callable[[Any], bool] = lambda _: True) -> int:
    return sum(part.amount_minor for part in parts if counts(part))
