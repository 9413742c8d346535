"""What tests of rotated keys do over and over: rotate, and go back to when rotations left no chain."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.tenants import authentication
from tests.conftest import Shop, connect

RECOVERY = Path(settings.BASE_DIR, "ledgersafe/tenants/migrations/sql/0008_lineage.sql")
UNCHAIN = "UPDATE api_keys SET predecessor_id = NULL, origin_id = NULL, had_own_name = false WHERE tenant_id = %s"


def rotated(shop: Shop, **how: Any) -> Shop:
    """The same shop by the successor of its key, which goes on working."""
    chosen: dict[str, Any] = {"grace": timedelta(hours=1), "actor": "system:test", "now": timezone.now()} | how
    _, key = setup.rotate_api_key(slug=shop.slug, prefix=shop.principal.prefix, **chosen)
    return by_key(shop, key)


def another(shop: Shop, *scopes: str) -> Shop:
    """The same shop by a key that has nothing to do with its own."""
    chosen = list(scopes or sorted(shop.principal.scopes))
    _, key = setup.create_api_key(slug=shop.slug, scopes=chosen, actor="system:test", now=timezone.now())
    return by_key(shop, key)


def by_key(shop: Shop, key: str) -> Shop:
    """The same shop by a key, as the product knows it now."""
    principal = authentication.authenticate(key)
    assert principal is not None
    return Shop(shop.tenant, key, principal)


def forget_chains(shop: Shop) -> None:
    """As it was before chains were kept: only the audit trail knows who replaced whom."""
    _without_guard(UNCHAIN.encode(), [shop.tenant.id])


def recover_chains() -> None:
    """What the migration did to keys that were there."""
    recovery, _, _ = RECOVERY.read_text().partition("SET CONSTRAINTS")
    _without_guard(recovery.encode(), None)


def _without_guard(statement: bytes, parameters: list[Any] | None) -> None:
    with connect(None) as raw:
        raw.execute("ALTER TABLE api_keys DISABLE TRIGGER lineage")
        raw.execute(statement, parameters)
        raw.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raw.execute("ALTER TABLE api_keys ENABLE ALWAYS TRIGGER lineage")
        raw.commit()
    authentication.forget()
