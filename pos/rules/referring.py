"""Posting rules of events about another event: which rule applies, and what all of them refuse. Pure.

The original is a value here: `pos.references.lookup` finds and locks it.
"""

from ledger.fx import NO_RATES, Rates
from ledgersafe.tenants.event_types import SELLING
from pos.contract import Event, Hold
from pos.references import CORRECTION, KINDS, RETURN, VOID, Original
from pos.rules.corrections import post_correction
from pos.rules.limits import exceeds, name_of
from pos.rules.outcome import ReferringDecision
from pos.rules.returns import post_return
from pos.rules.tips import post_tip
from pos.rules.voids import post_void


def draft_against(event: Event, original: Original, rates: Rates = NO_RATES) -> ReferringDecision:
    """Draft the journal an event makes of its original, or hold it.

    :param rates: into the event's currency; a corrected sale may be paid in others, a return gives back its own.
    """
    kind = KINDS[event.event_type]
    if original.usage.number[VOID] > 0:
        return exceeds(f"{name_of(original)} was voided: nothing is left of it.")
    if kind == VOID:
        return post_void(event, original)
    if original.event.event_type not in SELLING:
        return exceeds(f"{name_of(original)} is no sale; a {event.event_type} is about a sale.")
    if event.currency != original.event.currency:
        return Hold("UNKNOWN_CURRENCY", f"{name_of(original)} is in {original.event.currency}, not {event.currency}.")
    if kind == CORRECTION:
        return post_correction(event, original, rates)
    return post_return(event, original) if kind == RETURN else post_tip(event, original)
