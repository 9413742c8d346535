"""The back office's admin site: unfold's, but a form survives the end of a session."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from unfold.apps import DefaultAppConfig
from unfold.sites import UnfoldAdminSite

from ledgersafe.backoffice import kept_drafts


class BackOffice(UnfoldAdminSite):  # type: ignore[misc]  # unfold is untyped
    """Checks every page's session in `admin_view`, and keeps what was typed when it has ended."""

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., HttpResponseBase]:
        checked = super().admin_view(view, cacheable)

        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if request.method == "POST" and request.path != reverse("admin:logout"):
                    from ledgersafe.people.sign_in import sign_in_again  # which needs this site

                    return sign_in_again(request)
                answer: HttpResponseBase = checked(request, *args, **kwargs)
                return answer
            answer = checked(request, *args, **kwargs)
            if request.user.is_authenticated:
                if request.method == "POST":
                    kept_drafts.forget(request)
                kept_drafts.remember_person(request, answer)
            return answer

        return update_wrapper(page, checked)


class BackOfficeConfig(DefaultAppConfig):  # type: ignore[misc]  # unfold is untyped
    """unfold, with our admin site."""

    def ready(self) -> None:
        admin.site = sites.site = BackOffice()
