"""Whatever is posted, closed and opened again: the balances of every day equal a small model of them."""

from collections import defaultdict
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.balances import balances
from ledgersafe.operations.verification import verify
from recon.closing.close import close_day
from recon.closing.reopen import reopen_day
from tests.conftest import Shop, open_shop
from tests.scenes.days import DAY, LATER, after
from tests.scenes.transfers import entry, open_account, transfer

ACCOUNTS = ("A", "B", "C")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("post"), st.integers(0, 3), st.permutations(range(3)), st.integers(-500, 500).filter(bool)
        ),
        st.tuples(st.just("close"), st.integers(0, 3), st.none(), st.none()),
        st.tuples(st.just("reopen"), st.integers(0, 3), st.none(), st.none()),
    ),
    max_size=14,
)  # fmt: skip


class Model:
    """What was posted, by day and account, and how many days are closed: always the first ones."""

    def __init__(self) -> None:
        self.moved: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.closed = 0

    def through(self, day: date) -> dict[str, int]:
        """Balances at the end of a day."""
        held: dict[str, int] = defaultdict(int)
        for when, moved in self.moved.items():
            for code, amount in moved.items() if when <= day else ():
                held[code] += amount
        return {code: amount for code, amount in held.items() if amount}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_balances_equal_the_model_through_closes_and_reopenings(anchors: Any, books: None, steps: Any) -> None:
    shop, model = open_shop(), Model()
    for code in ACCOUNTS:
        open_account(shop, code)
    for number, (verb, days, order, amount) in enumerate(steps):
        if verb == "post" and days >= model.closed:
            debit, credit = ACCOUNTS[order[0]], ACCOUNTS[order[1]]
            lines = entry(debit, f"{amount / 100:.2f}"), entry(credit, f"{-amount / 100:.2f}")
            body = transfer(*lines, idempotency_key=f"t{number}", value_date=str(after(DAY, days)))
            assert shop.post("/v1/transfers", body).status_code == 201
            model.moved[after(DAY, days)][debit] += amount
            model.moved[after(DAY, days)][credit] -= amount
        elif verb == "close":
            closing(shop, model)
        elif verb == "reopen" and model.closed:
            model.closed -= 1
            last = after(DAY, model.closed)
            reopen_day(tenant_id=shop.tenant.id, day=last, actor="user:sara", reason="A slip.")
    for days in range(4):
        rows = balances.trial_balance(shop.tenant.id, as_of=after(DAY, days))
        assert {row.code: row.balance_minor for row in rows if row.balance_minor} == model.through(after(DAY, days))
    assert [f.invariant.id for f in verify(tenant_id=shop.tenant.id).findings if f.total] == []


def closing(shop: Shop, model: Model) -> None:
    """Close the next day, whether anybody posted on it or not."""
    close_day(tenant_id=shop.tenant.id, day=after(DAY, model.closed), actor="user:anna", now=LATER)
    model.closed += 1
