"""Posting rules of events about another event: returns, voids, corrections, tips. Pure, like `rules`.

Whether an original is found, and locked, is others' business: here it is a value. What a return posts depends on its
sale and on itself alone, never on other returns, so that their order does not matter; whether it may be posted depends
on what is left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from msgspec.structs import replace

from ledger.accounts.chart import AccountRef, qualified
from ledger.fx.conversion import NO_RATES, Rates
from ledger.journals.draft import DraftLine, JournalDraft
from ledgersafe.values.money import to_decimal_text
from pos.contract.event import Event, Hold, Tender
from pos.references.original import Original, sold_of, total_of
from pos.references.usage import CORRECTION, KINDS, RETURN, TIP_ADJUST, VOID, Reference, Usage, UsedLine
from pos.rules.return_shares import content_of
from pos.rules.sale import draft_of, negative_amounts

#: The kind of the journal that undoes what a correction replaces.
MIRROR: Final = "REVERSAL"
#: What can be undone by a VOID.
_VOIDABLE: Final = frozenset({"SALE", "RETURN", "PAID_IN", "PAID_OUT", "PAYOUT", "CASH_DROP"})


@dataclass(frozen=True, slots=True)
class ReferringPosting:
    """What an event about another one does.

    Its journal, the references it makes, of a correction the mirror of what it replaces, and the event with what it
    left to its original filled in.
    """

    draft: JournalDraft
    references: tuple[Reference, ...]
    mirror: JournalDraft | None = None
    content: Event | None = None


ReferringDecision: TypeAlias = ReferringPosting | Hold


def draft_against(event: Event, original: Original, rates: Rates = NO_RATES) -> ReferringDecision:
    """The journal an event makes of its original, or why it is held.

    :param rates: into the event's currency; a corrected sale may be paid in others, a return gives back its own.
    """
    kind = KINDS[event.event_type]
    if original.usage.number[VOID] > 0:
        return _exceeds(f"{_named(original)} was voided: nothing is left of it.")
    if kind != VOID and original.event.event_type not in {"SALE", "CORRECTION"}:
        return _exceeds(f"{_named(original)} is no sale; a {event.event_type} is about a sale.")
    if kind == VOID:
        return _void(event, original)
    if event.currency != original.event.currency:
        return Hold("UNKNOWN_CURRENCY", f"{_named(original)} is in {original.event.currency}, not {event.currency}.")
    if kind == CORRECTION:
        return _correction(event, original, rates)
    return {RETURN: _return, TIP_ADJUST: _tip_adjust}[kind](event, original)


def mirrored(kind: str, lines: Iterable[DraftLine]) -> JournalDraft:
    """The journal that undoes these lines."""
    return JournalDraft(kind, tuple(DraftLine(line.account, -line.amount_minor) for line in lines))


# ── RETURN ──────────────────────────────────────────────────────────────────────────────────────
def _return(event: Event, original: Original) -> ReferringDecision:
    if wrong := negative_amounts(event):
        return wrong
    content = content_of(event, original.event)
    if isinstance(content, Hold):
        return content
    total = total_of(content)
    if total == 0:
        return Hold("SIGN_MISMATCH", "A RETURN of zero moves no money.")
    taken = tuple(UsedLine.of(line) for line in event.lines)
    reference = Reference(original.key, RETURN, 1, total, original.journal_id, taken)
    if beyond := beyond_limits(original.usage.plus(reference), original.event):
        return beyond
    sale = draft_of(replace(content, event_type="SALE"))
    if isinstance(sale, Hold):
        return sale
    if not sale.lines:
        return Hold("SIGN_MISMATCH", "What is given back and what it is given back with are the same: nothing moves.")
    return ReferringPosting(_as_return(sale), (reference,), content=content)


def _as_return(sale: JournalDraft) -> JournalDraft:
    """The same content sold, turned round; what was revenue is a return of it."""
    turned = mirrored("RETURN", sale.lines)
    return replace(turned, lines=tuple(replace(line, account=_returned(line.account)) for line in turned.lines))


def _returned(account: AccountRef) -> AccountRef:
    return account._replace(role="RETURNS") if account.role == "SALES" else account


# ── What an original bears ──────────────────────────────────────────────────────────────────────
def beyond_limits(usage: Usage, sale: Event) -> Hold | None:
    """Whether more counts against a sale than it has: in total, per line when both name lines, of its tip."""
    if not usage.is_counted:
        return None
    total, returned = total_of(sale), usage.amount[RETURN]
    if returned > total:
        asked, sold = (to_decimal_text(amount, sale.currency) for amount in (returned, total))
        return _exceeds(f"{asked} {sale.currency} would have been returned of {sale.event_id}, which came to {sold}.")
    if sum(sale.tips_minor) + usage.amount[TIP_ADJUST] < 0:
        return _exceeds(f"The tip of {sale.event_id} would be less than nothing.")
    return _beyond_lines(usage, sale)


def refuse_change(event: Event, kind: str, usage: Usage, *, currency: str | None) -> Hold | None:
    """Whether an event that stands as a journal of this kind may be replaced by this version of it."""
    if kind == "CORRECTION":
        return _exceeds(f"{event.event_id} has corrected a sale; what it posted stands.")
    if usage.number[VOID] > 0 or usage.number[CORRECTION] > 0:
        return _exceeds(f"{event.event_id} was voided or corrected; its version is no longer chosen.")
    if not usage.number[RETURN] and not usage.number[TIP_ADJUST]:
        return None
    if event.event_type != "SALE" or event.currency != currency:
        return _exceeds(f"Of {event.event_id} something was returned: it stays a sale in {currency}.")
    return beyond_limits(usage, event)


def _beyond_lines(usage: Usage, sale: Event) -> Hold | None:
    quantities, amounts = sold_of(sale)
    if not quantities:
        return None  # sold by its total alone
    for place, quantity in usage.quantities.items():
        amount = usage.amounts[place]
        if quantity > quantities.get(place, 0) or amount > amounts.get(place, 0):
            what = f"{'article' if place[0] == 'sku' else 'line'} {place[1]!r}"
            return _exceeds(f"More of {what} would have been returned than {sale.event_id} sold of it.")
    return None


def _exceeds(message: str) -> Hold:
    return Hold("CANNOT_EXCEED_ORIGINAL", message)


def _named(original: Original) -> str:
    return f"{original.event.event_type} {original.event.event_id}"


# ── VOID, CANCEL ────────────────────────────────────────────────────────────────────────────────
def _void(event: Event, original: Original) -> ReferringDecision:
    """An exact mirror. What the event itself says of amounts has to agree, if it says anything."""
    undone, used = original.event, original.usage
    if undone.event_type not in _VOIDABLE or used.number[CORRECTION] > 0:
        return _exceeds(f"{_named(original)} cannot be voided: undo what has become of it.")
    if used.number[RETURN] > 0 or used.number[TIP_ADJUST] > 0:
        return _exceeds(f"{_named(original)} cannot be voided: of it something was returned, or its tip adjusted.")
    if undone.store_code != event.store_code:
        return _exceeds(f"{_named(original)} is of store {undone.store_code}; a {event.event_type} stays in its store.")
    booked = sum(line.amount_minor for line in original.lines if line.amount_minor > 0)
    said = event.total_minor or 0
    if said and (event.currency != undone.currency or abs(said) != abs(original.total_minor)):
        shown = to_decimal_text(original.total_minor, undone.currency)
        return Hold("TOTALS_MISMATCH", f"total_amount is not that of {_named(original)}, {shown} {undone.currency}.")
    references = [Reference(original.key, VOID, 1, booked, original.journal_id)]
    if original.undoes is not None:
        references.append(original.undoes)
    return ReferringPosting(mirrored(event.event_type, original.lines), tuple(references))


# ── CORRECTION ──────────────────────────────────────────────────────────────────────────────────
def _correction(event: Event, original: Original, rates: Rates) -> ReferringDecision:
    """The mirror of the sale's journal, and the sale as it should have been."""
    if original.usage.number[CORRECTION] > 0:
        return _exceeds(f"{_named(original)} was corrected already.")
    if beyond := beyond_limits(original.usage, event):
        return beyond
    sale = draft_of(replace(event, event_type="SALE"), rates)
    if isinstance(sale, Hold):
        return sale
    if not sale.lines:
        return Hold("SIGN_MISMATCH", "A CORRECTION to nothing moves no money; send a VOID.")
    reference = Reference(original.key, CORRECTION, 1, total_of(event), original.journal_id)
    return ReferringPosting(replace(sale, kind="CORRECTION"), (reference,), mirrored(MIRROR, original.lines))


# ── TIP_ADJUST ──────────────────────────────────────────────────────────────────────────────────
def tip_charged(event: Event, sale: Event) -> Tender | None:
    """What a TIP_ADJUST is paid with: the card that paid the sale, for the tip's difference."""
    card = next((tender for tender in (*event.tenders, *sale.tenders) if tender.method == "CARD"), None)
    difference = sum(event.tips_minor) if event.total_minor is None else event.total_minor
    return replace(card, amount_minor=difference, currency=event.currency) if card else None


def _tip_adjust(event: Event, original: Original) -> ReferringDecision:
    """`total_amount` is the tip's difference, of either sign; it is charged to the card that paid."""
    tips = sum(event.tips_minor)
    difference = tips if event.total_minor is None else event.total_minor
    if event.tips_minor and tips != difference:
        return Hold("TOTALS_MISMATCH", "total_amount is the tip's difference, and the tips come to another.")
    if difference == 0:
        return Hold("SIGN_MISMATCH", "A TIP_ADJUST of zero moves no money.")
    card = tip_charged(event, original.event)
    if card is None:
        return _exceeds(f"{_named(original)} was not paid by card: there is nothing to charge a tip to.")
    reference = Reference(original.key, TIP_ADJUST, 1, difference, original.journal_id)
    if beyond := beyond_limits(original.usage.plus(reference), original.event):
        return beyond
    clearing = AccountRef("CARD_CLEARING", card.currency, qualified(card.processor))
    tips_payable = AccountRef("TIPS_PAYABLE", event.currency)
    return ReferringPosting(
        JournalDraft.of("TIP_ADJUST", [(clearing, difference), (tips_payable, -difference)]), (reference,)
    )
