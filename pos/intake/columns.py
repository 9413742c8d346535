"""Plans as `pos_receive_many_v1` and `pos_take_many_v1` read them: in columns, the parameters in their order.

A column is one array for all rows; what few arrivals have travels as JSON beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from ledger.accounts.chart import AccountRef
from ledger.journals.draft import JournalDraft
from ledgersafe.postgres import arrays
from ledgersafe.postgres.db import as_jsonb
from pos.arrivals.arrival import Refusal, fields_of
from pos.intake.plan import Plan
from pos.intake.rows import claimed_by, more_of
from pos.models.figures import Figures
from pos.rules.decide import RULES_VERSION, Post
from pos.sales.header import currency_of, figures_of, mirror_figures_of

Parameter = bytes | str | int | None
#: What is to take its key now.
TAKES_A_KEY: Final = frozenset({"post", "hold"})
_CLAIMS_NOTHING: Final = (None, None, None)


class ArrivalAction(NamedTuple):
    """What becomes of an arrival: `does` is 'post', 'hold', 'follow' or 'reject'; `draft` counts from 1, 0 is none."""

    action: str
    why: str | None = None
    case: UUID | None = None
    draft: int = 0


class _Draft(NamedTuple):
    of: int
    source: str
    kind: str
    day: date
    number: int
    is_late: bool
    register: str
    currency: str


@dataclass(slots=True)
class Columns:
    """A set of plans, told in columns.

    :ivar captured: parameters of the arrivals that only keeping them takes.
    :ivar settled: parameters of everything else.
    """

    actions: list[ArrivalAction]
    captured: tuple[Parameter, ...]
    settled: tuple[Parameter, ...]


def columns_of(plans: Sequence[Plan], account_ids: Mapping[AccountRef, int]) -> Columns:
    """Tell plans, in the order of their arrivals. :raises KeyError: an account of theirs is not among the ids."""
    books = _Books(account_ids)
    doings, rows, more = [], [], {}
    for place, plan in enumerate(plans, 1):
        doing, said = _doing(place, plan, books), fields_of(plan.arrival)
        claimed: tuple[Any, ...] = _CLAIMS_NOTHING
        if doing.action in TAKES_A_KEY:
            claimed = claimed_by(plan, said.system, said.source_id)
            if few := more_of(plan):
                more[str(place)] = few
        doings.append(doing)
        rows.append((*doing, *said, *claimed))
    (
        does, whys, cases, drafts,
        keys, hashes, versions, stores, systems, source_ids, types, txns, ats, claimed_ats, macs, lengths,
        claims, devices, numbers,
    ) = zip(*rows, strict=True)  # fmt: skip
    texts, labels = arrays.texts, arrays.labels
    captured = (
        labels(versions), texts(source_ids), arrays.instants(claimed_ats), arrays.blobs(macs), arrays.numbers(lengths),
    )  # fmt: skip
    arrivals = (
        labels(does), texts(keys), arrays.blobs(hashes), labels(stores), labels(systems), labels(types), texts(txns),
        arrays.instants(ats), texts(claims), labels(devices), arrays.numbers(numbers), labels(whys),
        arrays.uuids(cases), arrays.numbers(drafts), as_jsonb(more) if more else None,
    )  # fmt: skip
    return Columns(doings, captured, arrivals + books.parameters())


def _doing(place: int, plan: Plan, books: "_Books") -> ArrivalAction:
    verdict = plan.decision
    if isinstance(verdict, Refusal):
        return ArrivalAction("reject", verdict.code)
    if plan.is_settled_later:
        return ArrivalAction("follow")
    if isinstance(verdict, Post):
        return ArrivalAction("post", draft=books.add(place, verdict))
    return ArrivalAction("hold", verdict.reason_code, uuid4())


class _Books:
    """What is written into the books: drafts, their headers and lines."""

    def __init__(self, account_ids: Mapping[AccountRef, int]) -> None:
        self._account_ids = account_ids
        self._drafts: list[_Draft] = []
        self._figures: list[Figures] = []
        self._lines: list[tuple[int, int, int, int]] = []
        self._currencies: list[str] = []

    def add(self, place: int, post: Post) -> int:
        """The draft of a post, and of what it undoes; which one it is, or 0 if it moves no money."""
        if not post.draft.lines:
            return 0
        own = self._add(place, "event", post, post.draft, figures_of(post))
        if post.mirror is not None:
            self._add(place, "correction", post, post.mirror, mirror_figures_of(post))
        return own

    def _add(self, place: int, source: str, post: Post, draft: JournalDraft, figures: Figures) -> int:
        lines, register = draft.lines, post.event.register_code or ""
        self._drafts.append(
            _Draft(place, source, draft.kind, post.business_date, len(lines), post.is_late, register, currency_of(post))
        )
        self._figures.append(figures)
        which = len(self._drafts)
        for number, line in enumerate(lines, 1):
            self._lines.append((which, number, self._account_ids[line.account], line.amount_minor))
            self._currencies.append(line.account.currency)
        return which

    def parameters(self) -> tuple[Parameter, ...]:
        """Of all that was added."""
        of, sources, kinds, days, counts, late, registers, currencies = _columns(self._drafts, len(_Draft._fields))
        places, numbers, accounts, amounts = _columns(self._lines, 4)
        one_currency = self._currencies[0] if len(set(self._currencies)) == 1 else None
        integers, labels = arrays.numbers, arrays.labels
        return (
            integers(of), labels(sources), labels(kinds), arrays.dates(days), integers(counts), arrays.flags(late),
            labels(registers), labels(currencies), arrays.grid(self._figures), RULES_VERSION,
            integers(places), integers(numbers), integers(accounts), integers(amounts),
            None if one_currency else labels(self._currencies), one_currency,
        )  # fmt: skip


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) or [()] * width
