"""What a version is answered once somebody has decided on it: the contract's row "decided", alone and in batches."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from exceptions.decisions import DecisionAction
from tests.conftest import Shop
from tests.pos.decisions.test_resolve import decide

Version = dict[str, Any]
SUPERSEDED, REJECTED, IGNORED = "SUPERSEDED", "REJECTED_BY_OPERATOR", "IGNORED_BY_OPERATOR"
#: The effective version is a plain duplicate.
STANDS: Final[str] = ""


def bare(shop: Shop, total: Any) -> Version:
    """A sale of a total alone: another version of the same event for each total."""
    return shop.sale(total_amount=total, line_items=None, tax_lines=None, tenders=None)


def first_kept(shop: Shop) -> list[tuple[Version, str]]:
    shop.send(bare(shop, 10))
    case = shop.send(bare(shop, 11)).json()["exception_id"]
    shop.send(bare(shop, 12))
    decide(shop, case, canonical="FIRST")
    return [(bare(shop, 10), STANDS), (bare(shop, 11), REJECTED), (bare(shop, 12), REJECTED)]


def last_chosen(shop: Shop) -> list[tuple[Version, str]]:
    shop.send(bare(shop, 10))
    case = shop.send(bare(shop, 11)).json()["exception_id"]
    shop.send(bare(shop, 12))
    decide(shop, case, canonical="LAST")
    return [(bare(shop, 10), SUPERSEDED), (bare(shop, 11), REJECTED), (bare(shop, 12), STANDS)]


def resolved_without_a_replay(shop: Shop) -> list[tuple[Version, str]]:
    shop.send(bare(shop, 10))
    decide(shop, shop.send(bare(shop, 11)).json()["exception_id"], DecisionAction.NO_REPLAY)
    return [(bare(shop, 10), STANDS), (bare(shop, 11), REJECTED)]


def never_posted(shop: Shop) -> list[tuple[Version, str]]:
    case = shop.send(shop.sale(total_amount=99)).json()["exception_id"]
    shop.send(shop.sale(total_amount=98))
    decide(shop, case, DecisionAction.NO_REPLAY)
    return [(shop.sale(total_amount=99), IGNORED), (shop.sale(total_amount=98), IGNORED)]


def held_and_another_chosen(shop: Shop) -> list[tuple[Version, str]]:
    case = shop.send(shop.sale(total_amount=99)).json()["exception_id"]
    shop.send(shop.sale())
    decide(shop, case, canonical="LAST")
    return [(shop.sale(total_amount=99), REJECTED), (shop.sale(), STANDS)]


def held_and_patched(shop: Shop) -> list[tuple[Version, str]]:
    case = shop.send(shop.sale(total_amount=99)).json()["exception_id"]
    decide(shop, case, patch={"total_amount": "42.50"})
    return [(shop.sale(total_amount=99), SUPERSEDED), (shop.sale(total_amount="42.50"), STANDS)]


def posted_and_the_other_patched(shop: Shop) -> list[tuple[Version, str]]:
    shop.send(bare(shop, 10))
    case = shop.send(bare(shop, 11)).json()["exception_id"]
    shop.send(bare(shop, 12))
    decide(shop, case, canonical="LAST", patch={"total_amount": "13"})
    others = [(bare(shop, 10), SUPERSEDED), (bare(shop, 11), REJECTED), (bare(shop, 12), SUPERSEDED)]
    return [*others, (bare(shop, "13"), STANDS)]


def ignored_then_posted(shop: Shop) -> list[tuple[Version, str]]:
    decide(shop, shop.send(shop.sale(total_amount=99)).json()["exception_id"], DecisionAction.NO_REPLAY)
    decide(shop, shop.send(shop.sale()).json()["exception_id"], canonical="LAST")
    return [(shop.sale(total_amount=99), REJECTED), (shop.sale(), STANDS)]


def decided_twice(shop: Shop) -> list[tuple[Version, str]]:
    """What was decided before stays: the version refused at first is not superseded by the one chosen later."""
    shop.send(bare(shop, 10))
    decide(shop, shop.send(bare(shop, 11)).json()["exception_id"], canonical="FIRST")
    decide(shop, shop.send(bare(shop, 12)).json()["exception_id"], canonical="LAST")
    return [(bare(shop, 10), SUPERSEDED), (bare(shop, 11), REJECTED), (bare(shop, 12), STANDS)]


def superseded_and_back_again(shop: Shop) -> list[tuple[Version, str]]:
    shop.send(bare(shop, 10))
    decide(shop, shop.send(bare(shop, 11)).json()["exception_id"], canonical="LAST")
    first = shop.rows("SELECT first_raw_id FROM events_processed WHERE tenant_id = %s")[0][0]
    decide(shop, shop.send(bare(shop, 12)).json()["exception_id"], canonical_raw_id=first)
    return [(bare(shop, 10), STANDS), (bare(shop, 11), SUPERSEDED), (bare(shop, 12), REJECTED)]


STORIES: Final[list[Callable[[Shop], list[tuple[Version, str]]]]] = [
    first_kept, last_chosen, resolved_without_a_replay, never_posted, held_and_another_chosen, held_and_patched,
    posted_and_the_other_patched, ignored_then_posted, decided_twice, superseded_and_back_again,
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_version_is_answered_by_what_was_decided_on_it(shop: Shop, story: Any) -> None:
    versions = story(shop)
    open_cases = "SELECT count(*) FROM exceptions WHERE tenant_id = %s AND status = 'open'"
    assert shop.rows(open_cases) == [(0,)]
    journals = shop.number("journals")
    for event, code in versions * 2:
        answer = shop.send(event)
        told = answer.json()
        assert (answer.status_code, told["result"], told["reason_code"] or "") == (200, "duplicate", code)
    batch = shop.post("/v1/events/batch", {"events": [event for event, _ in versions]}).json()
    assert [(one["status"], one["result"], one["reason_code"] or "") for one in batch["results"]] == [
        (200, "duplicate", code) for _, code in versions
    ]
    assert shop.rows(open_cases) == [(0,)]
    assert shop.number("journals") == journals
