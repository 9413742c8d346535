"""Anchoring: heads written down outside the database, whole lines, whoever writes and whatever fails."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from ledgersafe.audit import anchors
from ledgersafe.audit.anchors import Anchor, TornLine, anchor_head, read_anchors
from tests.conftest import Shop
from tests.scenes.audit_trail import note, seal
from tests.scenes.crowd import all_at_once

GOOD = Anchor(7, "acme", 3, "ab" * 32, 12, "2026-02-25T10:00:00+00:00")


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    """Anchors of this test alone, in a folder that does not exist yet."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "kept" / "anchors.jsonl")
    return Path(settings.AUDIT_ANCHOR_FILE)


def test_an_anchor_is_one_line_in_the_file_and_one_in_the_log(
    shop: Shop, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    block = seal(shop)
    with caplog.at_level(logging.INFO, "ledgersafe.audit.anchor"):
        anchor = anchor_head(shop.tenant)
    (line,) = file.read_text().splitlines()
    told = json.loads(line)
    assert told.pop("at").endswith("+00:00")
    assert told == {
        "tenant_id": shop.tenant.id,
        "tenant": shop.slug,
        "block": 1,
        "block_sha256": block.sha256,
        "entries": 2,
    }
    assert [record.getMessage() for record in caplog.records] == [f"Audit head {line}"]
    assert list(read_anchors(file)) == [anchor]


def test_anchors_are_added_and_never_replaced(shop: Shop, file: Path) -> None:
    for text in ("one", "two"):
        note(shop, text)
        seal(shop)
        anchor_head(shop.tenant)
    assert [line.block for line in read_anchors(file) if isinstance(line, Anchor)] == [1, 2]


def test_a_trail_without_blocks_has_no_head(shop: Shop, file: Path) -> None:
    assert anchor_head(shop.tenant) is None
    assert not file.exists()


def test_a_head_that_may_yet_be_rolled_back_is_not_anchored(shop: Shop, file: Path) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="after its transaction"):
        anchor_head(shop.tenant)
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_an_error_in_the_log_and_stops_nobody(
    shop: Shop, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.mkdir(parents=True)
    block = seal(shop)
    with caplog.at_level(logging.INFO, "ledgersafe.audit.anchor"):
        assert anchor_head(shop.tenant) is None
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR"]
    assert block.sha256 in caplog.text, "the log has the head all the same"
    file.rmdir()


def test_a_line_a_crash_has_torn_does_not_spoil_the_next(shop: Shop, file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"tenant_id": 1, "tena')
    seal(shop)
    anchor = anchor_head(shop.tenant)
    assert list(read_anchors(file)) == [TornLine(1), anchor]


def test_many_writers_leave_whole_lines(books: None, file: Path) -> None:
    def appending(number: int) -> Callable[[], None]:
        line = json.dumps({"number": number, "padding": "x" * 9000}).encode() + b"\n"

        def work() -> None:
            for _ in range(5):
                anchors._append(file, line)

        return work

    all_at_once([appending(number) for number in range(10)])
    numbers = [json.loads(line)["number"] for line in file.read_bytes().splitlines()]
    assert sorted(numbers) == sorted([*range(10)] * 5)


def test_no_file_holds_no_anchors(file: Path) -> None:
    assert list(read_anchors(file)) == []


def test_what_is_no_anchor_is_told_apart(file: Path) -> None:
    def line(**changes: object) -> str:
        return json.dumps(asdict(GOOD) | changes)

    bad = [
        "no JSON",
        "[]",
        "{}",
        line(more=1),
        line(block="3"),
        line(block=0),
        line(tenant_id=2**63),
        line(block_sha256="ab"),
        line(block_sha256="no hex"),
        line(at="yesterday"),
        line(at="2026-02-25T10:00:00"),
        line(at=None),
        "[" * 100_000,
    ]
    file.parent.mkdir()
    file.write_text("\n".join([line(), "", *bad, line(block=4)]))
    found = list(read_anchors(file))
    assert found == [GOOD, *[TornLine(number) for number in range(3, 3 + len(bad))], replace(GOOD, block=4)]
