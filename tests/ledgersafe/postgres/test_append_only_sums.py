"""What is settled is decided by transactions: a lower id that commits later is never lost."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from ledgersafe.postgres import append_only_sums
from ledgersafe.postgres.append_only_sums import JOURNALS, AppendOnly, Mark, Moment, remembered_sums
from tests.conftest import connect


@pytest.mark.parametrize(
    ("mark", "moment", "later"),
    [
        (Mark(), Moment(10, 5, 5), Mark(10)),
        (Mark(), Moment(10, 5, 9), Mark(0, 10, 9)),
        (Mark(0, 10, 9), Moment(20, 8, 30), Mark(0, 10, 9)),
        (Mark(0, 10, 9), Moment(20, 9, 30), Mark(10, 20, 30)),
        (Mark(10, 20, 30), Moment(25, 40, 40), Mark(25)),
        (Mark(10), Moment(4, 7, 7), Mark()),
    ],
    ids=[
        "nobody writes: all that was drawn is settled",
        "somebody writes: what was drawn waits",
        "one of those still writes: it waits on",
        "all of those have ended: it is settled, the next waits",
        "nobody writes any more",
        "ids went backwards: the database was restored",
    ],
)
def test_a_mark_moves_when_every_transaction_of_its_moment_has_ended(mark: Mark, moment: Moment, later: Mark) -> None:
    assert mark.after(moment) == later


def test_a_sum_is_made_of_what_is_remembered_and_what_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {3: 1, 8: 10, 15: 100}
    moments = iter([Moment(10, 5, 5), Moment(10, 5, 9), Moment(20, 9, 30), Moment(20, 30, 30), Moment(5, 1, 1)])
    monkeypatch.setattr(append_only_sums, "_moment", lambda grows: next(moments))
    read_after = []

    def read(after: int, through: int) -> list[tuple[str, bool, int]]:
        read_after.append(after)
        return [("a", number <= through, amount) for number, amount in table.items() if number > after]

    cache.delete("test-sums")
    for _ in range(5):
        assert remembered_sums("test-sums", JOURNALS, read) == {("a",): 111}
    assert read_after == [0, 10, 10, 10, 0]
    cache.delete("test-sums")


def test_a_lower_id_that_commits_after_a_higher_one_is_counted(books: None) -> None:
    grows = AppendOnly("settled_test", "made_at")
    insert = "INSERT INTO settled_test VALUES (%s, now() - interval '1 minute')"

    def number() -> int:
        def read(after: int, through: int) -> list[tuple[str, bool, int]]:
            with connection.cursor() as cursor:
                sql = "SELECT 'n', id <= %s, count(*) FROM settled_test WHERE id > %s GROUP BY 2"
                cursor.execute(sql, [through, after])
                return list(cursor.fetchall())

        return remembered_sums("test-late", grows, read)[("n",)]

    cache.delete("test-late")
    with connect(None) as slow, connect(None) as quick:
        quick.autocommit = True
        quick.execute("CREATE TABLE settled_test (id bigint PRIMARY KEY, made_at timestamptz)")
        quick.execute(f"GRANT SELECT ON settled_test TO {settings.APPLICATION_ROLE}")
        try:
            quick.execute(insert, [1])
            assert number() == 1
            slow.execute(insert, [2])
            quick.execute(insert, [3])
            assert [number(), number(), number()] == [2, 2, 2]
            slow.commit()
            assert [number(), number(), number()] == [3, 3, 3]
        finally:
            slow.rollback()
            quick.execute("DROP TABLE settled_test")
    cache.delete("test-late")


def test_without_a_cache_a_sum_is_made_anew(books: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "get", refuse)
    monkeypatch.setattr(cache, "set", refuse)
    assert remembered_sums("test-none", JOURNALS, lambda after, settled: [("a", False, after + 7)]) == {("a",): 7}
