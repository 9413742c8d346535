"""The pages of the back office, as the URL resolver knows them, and which parameters each of them reads."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any, Final
from unittest.mock import patch

from django.apps import apps
from django.contrib.auth.models import User
from django.http import QueryDict
from django.urls import URLResolver, get_resolver
from django.utils.datastructures import MultiValueDict

from tests.conftest import Shop

_PART: Final = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True)
class Page:
    """A pattern below `/admin/`, with its parameters as Django writes them."""

    route: str
    name: str

    @property
    def parameters(self) -> list[str]:
        """The parts of its path that are not fixed."""
        return [route or regex for route, regex in _PART.findall(self.route)]

    def url(self, values: dict[str, str], **odd: str) -> str:
        """With real values, but for the odd ones, which are percent-encoded already."""
        filled = values | odd
        return "/" + _PART.sub(lambda part: filled.get(part[1] or part[2], "1"), self.route)


def pages() -> list[Page]:
    """Every page, the sign-in and the log-out apart."""
    found = [page for page in _flat(get_resolver(), "") if page.route.startswith("admin/")]
    return [page for page in found if not page.route.startswith(("admin/login/", "admin/logout/"))]


def _flat(resolver: URLResolver, prefix: str) -> Iterator[Page]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern).replace("^", "").replace("$", "").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            yield from _flat(pattern, route)
        else:
            yield Page(route, pattern.name or "")


def real_values(page: Page, shop: Shop, stock: dict[str, str]) -> dict[str, str]:
    """Something of the shop for each part of the path."""
    values = stock | {"slug": shop.slug, "tenant_id": str(shop.tenant.id), "kind": "csv", "app_label": "ledger"}
    values |= {"person_id": str(User.objects.order_by("-pk").values_list("pk", flat=True)[0]), "event_id": "tab-1-1"}
    values |= {"period_id": _newest("ledger", "period"), "day": stock["day"]}
    words = page.route.split("/")
    if "object_id" in page.parameters and len(words) > 3 and "content_type_id" not in page.parameters:
        values["object_id"] = _newest(words[1], words[2])
    return values


def _newest(app: str, model: str) -> str:
    pk = apps.get_model(app, model)._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return str(pk if pk is not None else 1)


@contextmanager
def recorded() -> Iterator[set[str]]:
    """The names that are looked up in a query or a form meanwhile."""
    names: set[str] = set()
    read_one, read_all = MultiValueDict.__getitem__, MultiValueDict.getlist

    def note(data: Any, name: Any) -> None:
        if isinstance(data, QueryDict) and isinstance(name, str):
            names.add(name)

    def get_one(data: Any, name: Any) -> Any:
        note(data, name)
        return read_one(data, name)

    def get_all(data: Any, name: Any, default: Any = None) -> Any:
        note(data, name)
        return read_all(data, name, default)

    with patch.object(MultiValueDict, "__getitem__", get_one), patch.object(MultiValueDict, "getlist", get_all):
        yield names


def filter_names(page: Page) -> list[str]:
    """The parameters of a list: of Django's own, and of each of its filters."""
    from django.contrib import admin

    words = page.route.split("/")
    if not page.name.endswith("_changelist"):
        return []
    shown: Any = admin.site._registry[apps.get_model(words[1], words[2])]
    fields = [item[0] if isinstance(item, tuple) else item for item in shown.list_filter]
    own = [
        f"{field}{lookup}"
        for field in (*(field for field in fields if isinstance(field, str)), "id")
        for lookup in ("", "__exact", "__gte", "__in", "__isnull", "__id__exact")
    ]
    kinds = [field.parameter_name for field in fields if hasattr(field, "parameter_name")]
    ranges = [f"{name}_{end}" for name in ("at", *kinds) for end in ("from", "to")]
    return [*own, *kinds, *ranges, "p", "o", "q", "all", "e", "_facets", "_to_field", "_popup"]


def form_values(html: str) -> dict[str, str]:
    """What the forms of a page would send, untouched: the first value of each name."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<(?:input|button|textarea|select)\b[^>]*>", html):
        name, value = (re.search(rf'\b{attribute}="([^"]*)"', tag) for attribute in ("name", "value"))
        if name is not None and name[1] not in {"csrfmiddlewaretoken"}:
            found.setdefault(unescape(name[1]), unescape(value[1]) if value else "")
    return found
