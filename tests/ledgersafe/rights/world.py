"""Two tenants with something of everything in it, and callers of every kind."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from django.test import Client
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.tenants.models import SCOPES, TENANT_SCOPES
from tests.conftest import Shop, open_shop
from tests.ledgersafe.rights.endpoints import Endpoint
from tests.scenes.drawers import command
from tests.scenes.fx import open_banks, quote, settle
from tests.scenes.transfers import open_account

Ids = dict[str, str]
PLACES: Final = (("s1", "r1"), ("s1", "r2"), ("s2", "r1"))
#: What a bound key can hold.
PLACE_SCOPES: Final = tuple(scope for scope in SCOPES if scope not in TENANT_SCOPES)


@dataclass
class World:
    """A tenant, the ids of what is in it by place, and its keys."""

    shop: Shop
    at: dict[tuple[str, str], Ids]
    client: Client = field(default_factory=Client)
    _keys: dict[Any, str] = field(default_factory=dict)

    def key(self, *scopes: str, store: str | None = None, register: str | None = None) -> str:
        """A key of these scopes, issued once."""
        which = (scopes, store, register)
        if which not in self._keys:
            how: dict[str, Any] = {"slug": self.shop.slug, "scopes": scopes, "actor": "system:test"}
            _, key = setup.create_api_key(
                **how, store_code=store, register_code=register, now=timezone.now()
            )  # fmt: skip
            self._keys[which] = key
        return self._keys[which]


def build() -> World:
    """A tenant whose three registers have all sold, held an event back, and opened a drawer."""
    shop = open_shop()
    open_banks(shop)
    quote(shop)
    settled = settle(shop)
    own = f"OWN:{shop.slug.upper()}"
    open_account(shop, own)
    assert settled.status_code == 201, settled.content
    shared = {
        "code": own,
        "settlement_id": str(shop.get("/v1/fx/settlements").json()["items"][0]["settlement_id"]),
        "journal_id": str(shop.get("/v1/journals").json()["items"][0]["journal_id"]),
        "device_id": "tab-1",
        "day": "2199-01-01",
        "name": "journals.csv",
    }
    world = World(shop, {})
    for store, register in PLACES:
        world.at[store, register] = shared | _trade(world, store, register)
    return world


def _trade(world: World, store: str, register: str) -> Ids:
    """Sell, have an event held, and open a drawer. By a key of the register, as its till would."""
    shop, named = world.shop, {"store_id": store, "register_id": register}
    till = {"HTTP_AUTHORIZATION": f"Bearer {world.key(*PLACE_SCOPES, store=store, register=register)}"}
    event_id = f"{shop.slug}-{store}-{register}"
    sold = shop.send(shop.sale(event_id, **named), **till)
    held = shop.send(shop.sale(f"{event_id}-held", **named, event_type="MAGIC"), **till)
    drawer = command(shop, "ledgers", named | {"starting_cash": 0})
    assert (sold.status_code, held.status_code, drawer.status_code) == (201, 202, 201)
    return {
        "raw_id": str(sold.json()["raw_id"]),
        "event_id": event_id,
        "case_id": held.json()["exception_id"],
        "drawer_id": str(drawer.json()["id"]),
    }


def call(client: Client, endpoint: Endpoint, ids: Ids, key: str = "", body: Any = None, **headers: Any) -> Any:
    """Call an endpoint about these ids; by a key, or as whoever is signed in."""
    how: dict[str, Any] = dict(headers)
    if key:
        how["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    if endpoint.method == "GET":
        return client.get(f"/v1/{endpoint.path.format(**ids)}", **how)
    how |= {"content_type": "application/json", "HTTP_X_IDEMPOTENCY_KEY": "rights"}
    data = json.dumps(body or {})
    return client.generic(endpoint.method, f"/v1/{endpoint.path.format(**ids)}", data, **how)
