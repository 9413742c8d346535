"""Encode plans in columns, as `pos_receive_many_v1` and `pos_take_many_v1` read them: parameters in their order. Pure.

A column is one array for all rows; the little that few arrivals have travels as JSON beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from ledger.accounts import AccountRef
from ledger.journals import JournalDraft
from ledgersafe.postgres import arrays
from ledgersafe.postgres.db import as_jsonb
from pos.arrivals import Refusal, fields_of
from pos.intake.plan import Plan
from pos.intake.rows import claimed_by, more_of
from pos.models.figures import Figures
from pos.rules import RULES_VERSION, Post
from pos.sales import currency_of, figures_of, mirror_figures_of

Parameter = bytes | str | int | None
#: Actions that take the arrival's key now.
TAKES_A_KEY: Final = frozenset({"post", "hold"})
_CLAIMS_NOTHING: Final = (None, None, None)


class ArrivalAction(NamedTuple):
    """What SQL does with an arrival: `action` is 'post', 'hold', 'follow' or 'reject'.

    `why` is a reason code, `case` the id of a held event's new case, `draft` the number of its draft, from 1; 0: none.
    """

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
    """Plans in columns.

    :ivar actions: one for each plan, in order.
    :ivar captured: parameters that only `pos_receive_many_v1` takes.
    :ivar settled: parameters that both functions take.
    """

    actions: list[ArrivalAction]
    captured: tuple[Parameter, ...]
    settled: tuple[Parameter, ...]


def columns_of(plans: Sequence[Plan], account_ids: Mapping[AccountRef, int]) -> Columns:
    """Encode plans as column arrays, in the order of their arrivals.

    :raises KeyError: an account of theirs is not among the ids.
    """
    books = _Books(account_ids)
    actions, rows, rare = [], [], {}
    for number, plan in enumerate(plans, 1):
        action, fields = _action(number, plan, books), fields_of(plan.arrival)
        claims: tuple[Any, ...] = _CLAIMS_NOTHING
        if action.action in TAKES_A_KEY:
            claims = claimed_by(plan, fields.system, fields.source_id)
            if more := more_of(plan):
                rare[str(number)] = more
        actions.append(action)
        rows.append((*action, *fields, *claims))
    (
        names, whys, cases, drafts,
        keys, hashes, versions, stores, systems, source_ids, types, txns, ats, claimed_ats, macs, lengths,
        claimed_sources, devices, device_seqs,
    ) = zip(*rows, strict=True)  # fmt: skip
    texts, labels = arrays.texts, arrays.labels
    captured = (
        labels(versions), texts(source_ids), arrays.instants(claimed_ats), arrays.blobs(macs), arrays.numbers(lengths),
    )  # fmt: skip
    arrivals = (
        labels(names), texts(keys), arrays.blobs(hashes), labels(stores), labels(systems), labels(types), texts(txns),
        arrays.instants(ats), texts(claimed_sources), labels(devices), arrays.numbers(device_seqs), labels(whys),
        arrays.uuids(cases), arrays.numbers(drafts), as_jsonb(rare) if rare else None,
    )  # fmt: skip
    return Columns(actions, captured, arrivals + books.parameters())


def _action(number: int, plan: Plan, books: "_Books") -> ArrivalAction:
    decision = plan.decision
    if isinstance(decision, Refusal):
        return ArrivalAction("reject", decision.code)
    if plan.is_written_later:
        return ArrivalAction("follow")
    if isinstance(decision, Post):
        return ArrivalAction("post", draft=books.add(number, decision))
    return ArrivalAction("hold", decision.reason_code, uuid4())


class _Books:
    """The journals to write: drafts, their headers and their lines, in columns."""

    def __init__(self, account_ids: Mapping[AccountRef, int]) -> None:
        self._account_ids = account_ids
        self._drafts: list[_Draft] = []
        self._figures: list[Figures] = []
        self._lines: list[tuple[int, int, int, int]] = []
        self._currencies: list[str] = []

    def add(self, arrival: int, post: Post) -> int:
        """Add the draft of a post, and its mirror. :returns: the draft's number, or 0 when it moves no money."""
        if not post.draft.lines:
            return 0
        own = self._add(arrival, "event", post, post.draft, figures_of(post))
        if post.mirror is not None:
            self._add(arrival, "correction", post, post.mirror, mirror_figures_of(post))
        return own

    def _add(self, arrival: int, source: str, post: Post, draft: JournalDraft, figures: Figures) -> int:
        lines, register = draft.lines, post.event.register_code or ""
        day, currency = post.business_date, currency_of(post)
        self._drafts.append(_Draft(arrival, source, draft.kind, day, len(lines), post.is_late, register, currency))
        self._figures.append(figures)
        own = len(self._drafts)
        for number, line in enumerate(lines, 1):
            self._lines.append((own, number, self._account_ids[line.account], line.amount_minor))
            self._currencies.append(line.account.currency)
        return own

    def parameters(self) -> tuple[Parameter, ...]:
        """Encode everything that was added; one currency for all lines is sent once."""
        of, sources, kinds, days, counts, late, registers, currencies = _columns(self._drafts, len(_Draft._fields))
        drafts, numbers, accounts, amounts = _columns(self._lines, 4)
        one_currency = self._currencies[0] if len(set(self._currencies)) == 1 else None
        integers, labels = arrays.numbers, arrays.labels
        return (
            integers(of), labels(sources), labels(kinds), arrays.dates(days), integers(counts), arrays.flags(late),
            labels(registers), labels(currencies), arrays.grid(self._figures), RULES_VERSION,
            integers(drafts), integers(numbers), integers(accounts), integers(amounts),
            None if one_currency else labels(self._currencies), one_currency,
        )  # fmt: skip


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) or [()] * width
