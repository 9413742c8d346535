"""Derive the header of a journal: its figures by kind and by tender. Pure.

Amounts come from the journal's lines by account role, so that headers cannot disagree with the books. Only for gift
cards and store credit, where tenders and goods share an account, the event tells them apart.
"""

from typing import Any, Final

from ledger.accounts import ROLES
from ledger.journals import JournalDraft
from ledgersafe.tenants.event_types import SELLING, Group, names_of
from pos.contract import Event
from pos.models.figures import Figures
from pos.references import KINDS, VOID
from pos.rules import Post

_CASH_MOVES: Final = names_of(Group.CASH)
LIABILITIES: Final = ("GIFT_CARDS", "STORE_CREDIT", "CUSTOMER_DEPOSITS")
_ROLES: Final = tuple(ROLES)
#: An array literal of Postgres, one integer per figure.
_AS_ARRAY: Final = "{" + ",".join(["%d"] * len(Figures._fields)) + "}"


def figures_of(post: Post) -> Figures:
    """Derive the figures of the journal an event posts; a void has those of its original, undone."""
    if post.original is not None and KINDS[post.event.event_type] == VOID:
        return post.original.figures.undone()
    return _figures(post.content or post.event, post.draft)


def mirror_figures_of(post: Post) -> Figures:
    """Derive the figures of the journal that undoes the original of a correction."""
    assert post.original is not None  # noqa: S101  the caller checked
    return post.original.figures.undone()


def _figures(event: Event, draft: JournalDraft) -> Figures:
    currency, by_role = event.currency, dict.fromkeys(_ROLES, 0)
    for line in draft.lines:
        role, own, _ = line.account
        if own == currency:
            by_role[role] += line.amount_minor
    kind = event.event_type
    if kind in _CASH_MOVES:
        return Figures(cash_minor=by_role["DRAWER"])
    direction = -1 if kind == "RETURN" else 1
    gift_card = store_credit = 0
    for tender in event.tenders:
        if tender.currency != currency:
            continue  # as with every other tender: the header is in the sale's currency
        if tender.method == "GIFT_CARD":
            gift_card += tender.amount_minor * direction
        elif tender.method == "STORE_CREDIT":
            store_credit += tender.amount_minor * direction
    liabilities = gift_card + store_credit
    for role in LIABILITIES:
        liabilities -= by_role[role]
    gross, returns, discounts = -by_role["SALES"], by_role["RETURNS"], by_role["DISCOUNTS"] + by_role["COMPS"]
    tax, tips, service = -by_role["SALES_TAX"], -by_role["TIPS_PAYABLE"], -by_role["SERVICE_CHARGES"]
    total = gross - returns - discounts + tax + tips + service + liabilities
    # By place: by name it would take longer than all the rest.
    return Figures(
        1, int(kind in SELLING), int(kind == "RETURN"), len(event.lines) * direction, gross, returns, discounts, tax,
        tips, service, liabilities, total, by_role["DRAWER"], by_role["CARD_CLEARING"], by_role["EXTERNAL_CLEARING"],
        gift_card, store_credit, by_role["HOUSE_ACCOUNTS"],
    )  # fmt: skip


def header_of(post: Post, figures: Figures) -> dict[str, Any]:
    """Build the JSON header row for SQL; columns taken from the arrival are left out."""
    return {
        "reg": post.event.register_code or "",
        "cur": currency_of(post),
        "f": _AS_ARRAY % figures,
    }


def currency_of(post: Post) -> str:
    """Return the header's currency: that of the original, if the event refers to one."""
    return post.original.event.currency if post.original else post.event.currency
