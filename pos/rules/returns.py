"""Post a RETURN: its share of the sale, the other way round. Pure.

What a return posts depends on its sale and on itself alone, never on other returns, so that their order does not
matter; whether it may be posted depends on what is left of the sale.
"""

from msgspec.structs import replace

from ledger.accounts import AccountRef
from ledger.journals import JournalDraft
from pos.contract import Event, Hold
from pos.references import RETURN, Original, Reference, UsedLine, total_of
from pos.rules.limits import beyond_limits
from pos.rules.outcome import ReferringDecision, ReferringPosting, mirrored
from pos.rules.return_shares import content_of
from pos.rules.sale import draft_sale, negative_amounts


def post_return(event: Event, original: Original) -> ReferringDecision:
    """Draft the journal of a return, or hold it."""
    negative = negative_amounts(event)
    if negative is not None:
        return negative
    content = content_of(event, original.event)
    if isinstance(content, Hold):
        return content
    total = total_of(content)
    if total == 0:
        return Hold("SIGN_MISMATCH", "A RETURN of zero moves no money.")
    taken = tuple(UsedLine.from_line(line) for line in event.lines)
    reference = Reference(original.key, RETURN, 1, total, original.journal_id, taken)
    if beyond := beyond_limits(original.usage.plus(reference), original.event):
        return beyond
    sale = draft_sale(replace(content, event_type="SALE"))
    if isinstance(sale, Hold):
        return sale
    if not sale.lines:
        return Hold("SIGN_MISMATCH", "What is given back and what it is given back with are the same: nothing moves.")
    return ReferringPosting(_as_return(sale), (reference,), content=content)


def _as_return(sale: JournalDraft) -> JournalDraft:
    """Mirror the journal of a sale; revenue becomes RETURNS, so that reports show both."""
    reversal = mirrored("RETURN", sale.lines)
    return replace(
        reversal, lines=tuple(replace(line, account=_return_account(line.account)) for line in reversal.lines)
    )


def _return_account(account: AccountRef) -> AccountRef:
    return account._replace(role="RETURNS") if account.role == "SALES" else account
