"""Post a VOID or CANCEL: the exact mirror of its original's journal. Pure."""

from typing import Final

from ledgersafe.tenants.event_types import Group, names_of
from ledgersafe.values.money import to_decimal_text
from pos.contract import Event, Hold
from pos.references import CORRECTION, RETURN, TIP_ADJUST, VOID, Original, Reference
from pos.rules.limits import exceeds, name_of
from pos.rules.outcome import ReferringDecision, ReferringPosting, mirrored

#: Types a VOID can undo.
_VOIDABLE: Final = names_of(Group.SALE, Group.CASH) | {RETURN}


def post_void(event: Event, original: Original) -> ReferringDecision:
    """Draft the mirror of the original's journal, or hold the event.

    An amount in the event is only compared: when it names one, it has to be the original's.
    """
    undone, used = original.event, original.usage
    if undone.event_type not in _VOIDABLE or used.number[CORRECTION] > 0:
        return exceeds(f"{name_of(original)} cannot be voided: undo what has become of it.")
    if used.number[RETURN] > 0 or used.number[TIP_ADJUST] > 0:
        return exceeds(f"{name_of(original)} cannot be voided: of it something was returned, or its tip adjusted.")
    if undone.store_code != event.store_code:
        return exceeds(f"{name_of(original)} is of store {undone.store_code}; a {event.event_type} stays in its store.")
    claimed = event.total_minor or 0
    if claimed and (event.currency != undone.currency or abs(claimed) != abs(original.total_minor)):
        total = to_decimal_text(original.total_minor, undone.currency)
        return Hold("TOTALS_MISMATCH", f"total_amount is not that of {name_of(original)}, {total} {undone.currency}.")
    booked = sum(line.amount_minor for line in original.lines if line.amount_minor > 0)
    references = [Reference(original.key, VOID, 1, booked, original.journal_id)]
    if original.undoes is not None:
        references.append(original.undoes)
    return ReferringPosting(mirrored(event.event_type, original.lines), tuple(references))
