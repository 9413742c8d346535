"""Post a TIP_ADJUST: the difference of a sale's tip, charged to the card that paid the sale. Pure."""

from msgspec.structs import replace

from ledger.accounts import AccountRef, qualified
from ledger.journals import JournalDraft
from pos.contract import Event, Hold, Tender
from pos.references import TIP_ADJUST, Original, Reference
from pos.rules.limits import beyond_limits, exceeds, name_of
from pos.rules.outcome import ReferringDecision, ReferringPosting


def post_tip(event: Event, original: Original) -> ReferringDecision:
    """Draft the journal of a changed tip, or hold the event.

    `total_amount` is the difference, of either sign; the tips, where the event names them, come to the same.
    """
    difference = _difference_of(event)
    if event.tips_minor and sum(event.tips_minor) != difference:
        return Hold("TOTALS_MISMATCH", "total_amount is the tip's difference, and the tips come to another.")
    if difference == 0:
        return Hold("SIGN_MISMATCH", "A TIP_ADJUST of zero moves no money.")
    card = tip_charged(event, original.event)
    if card is None:
        return exceeds(f"{name_of(original)} was not paid by card: there is nothing to charge a tip to.")
    reference = Reference(original.key, TIP_ADJUST, 1, difference, original.journal_id)
    if beyond := beyond_limits(original.usage.plus(reference), original.event):
        return beyond
    clearing = AccountRef("CARD_CLEARING", card.currency, qualified(card.processor))
    tips_payable = AccountRef("TIPS_PAYABLE", event.currency)
    draft = JournalDraft.of("TIP_ADJUST", [(clearing, difference), (tips_payable, -difference)])
    return ReferringPosting(draft, (reference,))


def tip_charged(event: Event, sale: Event) -> Tender | None:
    """Find the tender of a TIP_ADJUST: the card that paid, for the tip's difference; None without a card."""
    card = next((tender for tender in (*event.tenders, *sale.tenders) if tender.method == "CARD"), None)
    return replace(card, amount_minor=_difference_of(event), currency=event.currency) if card else None


def _difference_of(event: Event) -> int:
    return sum(event.tips_minor) if event.total_minor is None else event.total_minor
