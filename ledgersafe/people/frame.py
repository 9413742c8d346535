"""The frame of the pages on people and roles; it replaces the pages that Django registers.

Django's own pages for users can grant any permission or make a superuser: they are unregistered here.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.people import access

for model in (User, Group, TOTPDevice, StaticDevice):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class AdministratorsOnly(ReadOnlyModelAdmin):
    """Pages for superusers and tenant administrators."""

    tenant_field = None

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.may_administer(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_administer(request.user)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the object as cards; there is no form to post."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            absent: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return absent
        return self.show(request, row)

    def show(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Render the object's own page."""
        raise NotImplementedError
