"""From an event to a journal on paper, or to the reason why it is held. Pure: no database, no clock.

In: an `Event`, the tenant's `PostingSettings`, rates, and the original of an event about another one. Out: a `Post` or
a `Hold` (`decide_posting`). Callers: intake for new events, decisions for held ones and previews, the checks when
history is derived again.

`decide` has the table of types, `business_day` chooses the day; `sale` and `cash` are the rules of events that stand
alone, `referring` those about another event: `returns`, `voids`, `corrections`, `tips`, within the `limits` of what the
original bears. `return_shares` and `foreign_tenders` fill in what an event leaves open.
"""

from pos.rules.business_day import CLOCK_EPOCH, MAX_CLOCK_AHEAD, PostingSettings
from pos.rules.decide import RULES_VERSION, Post, decide_posting, draft_of, refers
from pos.rules.foreign_tenders import foreign_currencies
from pos.rules.limits import refuse_change
from pos.rules.outcome import MIRROR, ReferringPosting, mirrored
from pos.rules.referring import draft_against
from pos.rules.return_shares import content_of
from pos.rules.sale import LIABILITY_LINES, tenders_of
from pos.rules.tips import tip_charged

__all__ = [
    "CLOCK_EPOCH", "LIABILITY_LINES", "MAX_CLOCK_AHEAD", "MIRROR", "RULES_VERSION", "Post", "PostingSettings",
    "ReferringPosting", "content_of", "decide_posting", "draft_against", "draft_of", "foreign_currencies", "mirrored",
    "refers", "refuse_change", "tenders_of", "tip_charged",
]  # fmt: skip
