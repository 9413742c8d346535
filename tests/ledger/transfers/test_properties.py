"""Whatever is asked: the books equal a small model of them, and the trial balance is zero."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Shop, open_shop
from tests.scenes.transfers import balances, change, entry, open_account, transfer

CODES = {"A": "USD", "B": "USD", "C": "EUR", "D": "EUR"}
ENTRIES = st.lists(st.tuples(st.sampled_from(sorted(CODES)), st.integers(-300, 300)), min_size=1, max_size=5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("transfer"), st.integers(0, 6), ENTRIES),
        st.tuples(st.just("reverse"), st.integers(0, 6), st.just(())),
        st.tuples(st.just("floor"), st.integers(0, 6), st.integers(-300, 0)),
    ),
    max_size=12,
)


class Model:
    """What should be in the books: balances in cents, floors, and what was done under which key."""

    def __init__(self) -> None:
        self.balances = dict.fromkeys(CODES, 0)
        self.floors: dict[str, int] = {}
        self.done: dict[int, tuple[int, list[tuple[str, int]]]] = {}
        self.reversed: set[int] = set()

    def expected(self, key: int, entries: list[tuple[str, int]]) -> int:
        """The status a transfer must be answered with."""
        sums: dict[str, int] = {}
        for code, amount in entries:
            sums[CODES[code]] = sums.get(CODES[code], 0) + amount
        if len(entries) < 2 or any(sums.values()) or not all(amount for _, amount in entries):
            return 400
        if key in self.done:
            return 200 if self.done[key][1] == entries else 422
        return 201 if self.fits(entries) else 409

    def fits(self, entries: list[tuple[str, int]]) -> bool:
        """Whether no account falls below its floor."""
        net = {code: sum(amount for other, amount in entries if other == code) for code, _ in entries}
        return all(n >= 0 or self.balances[code] + n >= self.floors.get(code, -(10**9)) for code, n in net.items())

    def post(self, entries: list[tuple[str, int]]) -> None:
        """Add it."""
        for code, amount in entries:
            self.balances[code] += amount


def balancing(entries: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """As drawn when the first amount is odd, else completed to zero: both kinds are to be seen."""
    if entries[0][1] % 2:
        return entries
    for code in ("A", "C"):
        off = sum(amount for other, amount in entries if CODES[other] == CODES[code])
        entries = [*entries, (code, -off)] if off else entries
    return entries


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_books_equal_the_model(books: None, steps: list[Any]) -> None:
    shop, model = open_shop(), Model()
    for code, ccy in CODES.items():
        open_account(shop, code, ccy=ccy)
    for verb, key, what in steps:
        if verb == "transfer":
            transferring(shop, model, key, balancing(what))
        elif verb == "reverse":
            reversing(shop, model, key)
        else:
            code = sorted(CODES)[key % 4]
            status = 200 if model.balances[code] >= what else 409
            assert change(shop, code, floor=f"{what / 100:.2f}").status_code == status
            model.floors |= {code: what} if status == 200 else {}
    assert balances(shop) == {code: minor for code, minor in model.balances.items() if minor}
    assert {off for (off,) in shop.rows(
        "SELECT sum(amount_minor) FROM postings WHERE tenant_id = %s GROUP BY currency"
    )} <= {0}  # fmt: skip


def transferring(shop: Shop, model: Model, key: int, entries: list[tuple[str, int]]) -> None:
    """Send it; the answer must be the model's."""
    body = transfer(
        *(entry(code, f"{minor / 100:.2f}", CODES[code]) for code, minor in entries), idempotency_key=f"t{key}"
    )
    expected = model.expected(key, entries)
    answer = shop.post("/v1/transfers", body)
    assert answer.status_code == expected, answer.content
    if expected == 201:
        model.done[key] = answer.json()["journal_id"], entries
        model.post(entries)


def reversing(shop: Shop, model: Model, key: int) -> None:
    """Undo what was done under a key, if anything was."""
    if key not in model.done:
        return
    number, entries = model.done[key]
    mirror = [(code, -amount) for code, amount in entries]
    answer = shop.post(f"/v1/journals/{number}/reverse", {}, HTTP_X_IDEMPOTENCY_KEY=f"r{key}")
    expected = 200 if key in model.reversed else 201 if model.fits(mirror) else 409
    assert answer.status_code == expected, answer.content
    if expected == 201:
        model.reversed.add(key)
        model.post(mirror)
