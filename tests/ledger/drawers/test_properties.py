"""Whatever happens to a register: what its drawer should hold is what its account holds, at every step."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.scenes.drawers import balances, cash_sale, close, command, count, shown, transact

AMOUNTS = st.integers(1, 900)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["SALE", "REFUND", "CASH_IN", "CASH_OUT", "PAYOUT", "CARD", "event"]), AMOUNTS),
        st.tuples(st.sampled_from(["open", "count", "close"]), st.integers(0, 2000)),
    ),
    max_size=14,
)
_SIGNS = {"SALE": 1, "REFUND": -1, "CASH_IN": 1, "CASH_OUT": -1, "PAYOUT": -1, "CARD": 0}


class Model:
    """What should be: the drawer's state and cash, what is left of the order, and what came too late."""

    def __init__(self) -> None:
        self.drawer: int | None = None
        self.state = "CLOSED"
        self.cash = 0
        self.refundable = 0
        self.over_short = 0
        self.late = 0

    def transacted(self, kind: str, amount: int) -> int:
        """The status a transaction must be answered with."""
        if self.state != "OPEN":
            return 409
        if kind == "REFUND" and amount > self.refundable:
            return 422
        self.cash += _SIGNS[kind] * amount
        self.refundable += {"SALE": amount, "CARD": amount, "REFUND": -amount}.get(kind, 0)
        return 201

    def arrived(self, amount: int) -> None:
        """A cash sale by event is never refused."""
        if self.state == "CLOSED" and self.drawer is not None:
            self.late += amount
        elif self.state != "CLOSED":
            self.cash += amount

    def opened(self, cash: int, drawer: int) -> None:
        """Late cash is explained before."""
        self.over_short += self.late
        self.drawer, self.state, self.cash, self.late = drawer, "OPEN", cash, 0

    def closed(self, cash: int) -> None:
        """The difference is booked, and the cash is in the safe."""
        self.over_short -= cash - self.cash
        self.state, self.cash = "CLOSED", 0


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_drawer_equals_the_model_and_the_books(books: None, steps: list[tuple[str, int]]) -> None:
    shop, model = open_shop(), Model()
    for number, (verb, amount) in enumerate(steps):
        take(shop, model, verb, amount, number)
        if model.state != "CLOSED" and model.drawer:
            assert shown(shop, model.drawer)["expected_cash"] == model.cash == balances(shop).get("DRAWER", 0)
    assert balances(shop).get("OVER_SHORT", 0) == model.over_short
    assert_books_clean(shop.tenant.id)


def take(shop: Shop, model: Model, verb: str, amount: int, number: int) -> None:
    """One step; the answer must be the model's."""
    if verb == "open":
        body: dict[str, Any] = {"store_id": "store-1", "register_id": "till-1", "starting_cash": amount}
        answer = command(shop, "ledgers", body)
        assert answer.status_code == (201 if model.state == "CLOSED" else 409)
        if answer.status_code == 201:
            model.opened(amount, answer.json()["id"])
    elif verb == "event":
        assert cash_sale(shop, f"e-{number}", f"{amount / 100:.2f}").status_code == 201
        model.arrived(amount)
    elif model.drawer is None:
        return
    elif verb == "count":
        answer = count(shop, model.drawer, amount)
        assert answer.status_code == (409 if model.state == "CLOSED" else 200)
        model.state = "CLOSED" if model.state == "CLOSED" else "RECONCILING"
    elif verb == "close":
        answer = close(shop, model.drawer, amount)
        assert answer.status_code == (409 if model.state == "CLOSED" else 200)
        if model.state != "CLOSED":
            assert answer.json()["expected_cash"] == model.cash
            model.closed(amount)
    else:
        kind, method = ("SALE", "CARD") if verb == "CARD" else (verb, "CASH")
        answer = transact(shop, model.drawer, kind, amount, method=method)
        assert answer.status_code == model.transacted(verb, amount), answer.content
