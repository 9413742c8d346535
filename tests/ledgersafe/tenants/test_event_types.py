"""Every event type has a rule, a header, a vector, a label, and a row in the document."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ledger.models import FlowType
from ledgersafe.management.commands.event_types import catalogue
from ledgersafe.tenants import event_types
from ledgersafe.tenants.event_types import BY_NAME, NAMES, TABLE, EventType, Group
from ledgersafe.tenants.models import Tenant, all_event_types
from ledgersafe.values import exact_json
from pos.contract import EVENT_TYPES, Event, read_event
from pos.models import Sale
from pos.models.sales import ReferenceKind
from pos.references import KINDS, Original, Usage
from pos.rules import Post, ReferringPosting, draft_against, draft_of
from pos.sales import figures_of
from tests.scenes.event_types import VECTORS, fields_of
from tests.scenes.till import raw

ENVELOPE: dict[str, Any] = {
    "schema_version": "1.0", "tenant_id": "t", "store_id": "store-1", "register_id": "till-1", "source_system": "pos",
    "occurred_at": "2026-02-25T09:30:00Z", "currency": "USD",
}  # fmt: skip
every_type = pytest.mark.parametrize("kind", TABLE, ids=NAMES)


def event_of(kind: str, event_id: str) -> Event:
    """A vector's event, as read from the wire."""
    payload = ENVELOPE | {"event_id": event_id, "txn_id": event_id} | fields_of(kind)
    event = read_event(exact_json.parse_object(raw(payload).decode()), base_currency="USD")
    assert isinstance(event, Event), event
    return event


def post_alone(event: Event) -> Post:
    draft = draft_of(event)
    return Post(event, draft, event.occurred_at.date(), is_late=False)  # type: ignore[arg-type]  # a Hold fails below


def post_against(event: Event, sale: Post) -> Post:
    figures = figures_of(sale)
    original = Original(sale.event.event_id, sale.event, 1, sale.business_date, sale.draft.lines, figures, Usage())
    posting = draft_against(event, original)
    assert isinstance(posting, ReferringPosting), posting
    return Post(
        event, posting.draft, sale.business_date, is_late=False, original=original, references=posting.references,
        mirror=posting.mirror, content=posting.content,
    )  # fmt: skip


# ── Each type ───────────────────────────────────────────────────────────────────────────────────
@every_type
def test_a_type_fits_its_column_and_is_explained_in_words(kind: EventType) -> None:
    assert kind.name == kind.name.upper().strip()
    assert len(kind.name) <= (Sale._meta.get_field("event_type").max_length or 0)
    assert kind.meaning.endswith(".")
    assert kind.label == event_types.label_of(kind.name) != ""
    assert kind.flow in {"", *FlowType.values}


@every_type
def test_a_type_posts_what_its_vector_says(kind: EventType) -> None:
    """The rule, and the figures of the header: a type without either has no place in the books."""
    vector, event = VECTORS[kind.name], event_of(kind.name, "event")
    about = vector.get("about")
    post = post_against(event, post_alone(event_of(about, "original"))) if about else post_alone(event)
    assert {line.account.code: line.amount_minor for line in post.draft.lines} == vector["posts"]
    assert {name: value for name, value in figures_of(post)._asdict().items() if value} == vector["figures"]


@every_type
def test_a_type_does_what_its_group_says(kind: EventType) -> None:
    vector, figures = VECTORS[kind.name], VECTORS[kind.name]["figures"]
    assert (kind.group is Group.ABOUT_ANOTHER) is ("about" in vector) is (kind.name in KINDS)
    assert (kind.group is Group.NOTHING) is (vector["posts"] == {})
    assert (kind.group is Group.CASH) is (set(figures) == {"sign", "cash_minor"})
    assert kind.sells is (figures.get("sales_count") == 1)
    if kind.group is not Group.ABOUT_ANOTHER:  # those give back by the tender of the other event
        assert bool(kind.flow) is ("cash_minor" in figures)


# ── The table ───────────────────────────────────────────────────────────────────────────────────
def test_every_list_of_types_is_made_of_the_table() -> None:
    assert tuple(BY_NAME) == NAMES == tuple(all_event_types()) == tuple(Tenant().enabled_event_types)
    assert EVENT_TYPES == set(NAMES) == set(VECTORS)
    assert set(KINDS) == event_types.names_of(Group.ABOUT_ANOTHER)
    assert set(KINDS.values()) == set(ReferenceKind.values)


def test_a_label_of_another_kind_is_made_of_its_name() -> None:
    assert [event_types.label_of(kind) for kind in ("REVERSAL", "TIP_ADJUST")] == ["Reversal", "Tip"]


def test_the_document_is_the_table() -> None:
    assert (Path(settings.BASE_DIR) / "docs/event-types.md").read_text().strip() == catalogue().strip()
