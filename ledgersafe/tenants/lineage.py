"""Chains of rotated keys: a key that replaces another is the same principal, and keeps the first key's name.

Keys rotated before chains existed had names of their own (`had_own_name`). Commands answered under such a name stay
answered, since the whole chain also has it.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, JSONObject

from ledgersafe.tenants.models import ApiKey

_PREFIX: Final = "key:"


@dataclass(frozen=True, slots=True)
class KeyName:
    """The two names of a key: its id for answered commands, its prefix for books and trail."""

    id: int
    prefix: str


def with_names(keys: QuerySet[ApiKey]) -> QuerySet[Any]:
    """Add to a query set of keys what `names_of` needs; still one statement."""
    chain = ApiKey.objects.filter(origin_id=Coalesce(OuterRef("origin_id"), OuterRef("id")), had_own_name=True)
    former = chain.order_by("id").values(key_name=JSONObject(id=F("id"), prefix=F("prefix")))
    return keys.select_related("origin").annotate(former=ArraySubquery(former))


def origin_of(key: ApiKey) -> KeyName:
    """Return the first key of a chain of rotations; of a key that replaces none, the key itself."""
    first = key.origin or key
    return KeyName(first.pk, first.prefix)


def names_of(key: Any) -> tuple[KeyName, ...]:
    """Return the names a key is known by: its own if it had one, the first key's, then the others."""
    others = [KeyName(name["id"], name["prefix"]) for name in key.former]
    own = [name for name in others if name.id == key.pk]
    return tuple(dict.fromkeys([*own, origin_of(key), *others]))


def actors_like(tenant_id: int, actor: str) -> list[str]:
    """Return every actor in the trail that is the same principal: of a key, those of its whole chain."""
    if not actor.startswith(_PREFIX):
        return [actor]
    own = ApiKey.objects.filter(tenant_id=tenant_id, prefix=actor.removeprefix(_PREFIX)).first()
    if own is None:
        return [actor]
    origin = own.origin_id or own.pk
    chain = ApiKey.objects.filter(Q(pk=origin) | Q(origin_id=origin), tenant_id=tenant_id)
    return [f"{_PREFIX}{prefix}" for prefix in chain.values_list("prefix", flat=True)]
