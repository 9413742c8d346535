"""Post a CORRECTION: the mirror of the sale's journal, and the sale as it should have been. Pure."""

from msgspec.structs import replace

from ledger.fx import Rates
from pos.contract import Event, Hold
from pos.references import CORRECTION, Original, Reference, total_of
from pos.rules.limits import beyond_limits, exceeds, name_of
from pos.rules.outcome import MIRROR, ReferringDecision, ReferringPosting, mirrored
from pos.rules.sale import draft_sale


def post_correction(event: Event, original: Original, rates: Rates) -> ReferringDecision:
    """Draft both journals of a correction, or hold it.

    :param rates: into the event's currency, by the currencies it was paid in.
    """
    if original.usage.number[CORRECTION] > 0:
        return exceeds(f"{name_of(original)} was corrected already.")
    # Returns made of the sale before have to fit into the corrected one as well.
    if beyond := beyond_limits(original.usage, event):
        return beyond
    sale = draft_sale(replace(event, event_type="SALE"), rates)
    if isinstance(sale, Hold):
        return sale
    if not sale.lines:
        return Hold("SIGN_MISMATCH", "A CORRECTION to nothing moves no money; send a VOID.")
    reference = Reference(original.key, CORRECTION, 1, total_of(event), original.journal_id)
    return ReferringPosting(replace(sale, kind="CORRECTION"), (reference,), mirrored(MIRROR, original.lines))
