"""API keys in the back office: shown by prefix; rotated and revoked by their buttons."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.backoffice.pages import (
    Button,
    UseCaseForm,
    display,
    form_page,
    list_button,
    object_page,
    press,
    secret_page,
)
from ledgersafe.setup.pages import api_key_cards, api_key_forms, formatting
from ledgersafe.setup.pages.formatting import link
from ledgersafe.setup.pages.frame import SetUpAdmin, called
from ledgersafe.tenants.models import ApiKey
from ledgersafe.tenants.staff import actor_of


@admin.register(ApiKey)
class ApiKeyAdmin(SetUpAdmin):
    """API keys, by prefix: the keys themselves are not stored."""

    list_display = ("prefix", "name", "state", "tenant", "place", "scopes_shown", "used", "ends")
    list_filter = ("tenant",)
    search_fields = ("prefix", "name")
    list_select_related = ("tenant", "store", "register")
    ordering = ("-id",)
    exclude = ("secret_sha256",)
    actions_list = ("new_key",)
    empty_text = "Tills and programs need a key to send events. Create the first one with the button above."
    pages: ClassVar = {"rotate": "rotate", "revoke": "revoke"}

    @display(description="State", label=api_key_cards.KEY_STATES)
    def state(self, key: ApiKey) -> str:
        return api_key_forms.state_of(key, timezone.now())

    @display(description="Where")
    def place(self, key: ApiKey) -> str:
        return api_key_cards.place_of(key)

    @display(description="Scopes")
    def scopes_shown(self, key: ApiKey) -> str:
        return ", ".join(key.scopes[:3]) + (f" and {len(key.scopes) - 3} more" if len(key.scopes) > 3 else "")

    @display(description="Last used (UTC)", ordering="last_used_at", empty_value="never")
    def used(self, key: ApiKey) -> str | None:
        return formatting.minute(key.last_used_at)

    @display(description="Expires (UTC)", ordering="expires_at", empty_value="never")
    def ends(self, key: ApiKey) -> str | None:
        return formatting.minute(key.expires_at)

    @list_button("Create key", permission="administer")
    def new_key(self, request: HttpRequest) -> HttpResponse:
        return self.choose_tenant(request, title="Create API key", page="add_key")

    def show(self, request: HttpRequest, obj: ApiKey) -> HttpResponse:
        badge = api_key_cards.badge_of(obj, timezone.now())
        buttons = self.buttons(
            request,
            obj,
            Button("Rotate", link("apikey", "rotate", obj.pk), "autorenew"),
            Button("Revoke", link("apikey", "revoke", obj.pk), "block", "danger"),
        )
        return object_page(
            request,
            obj,
            title=obj.name or f"Key {obj.prefix}",
            subtitle=f"API key {obj.prefix} of {called(obj.tenant)}",
            badges=[badge],
            buttons=buttons if badge.text in {"active", "expiring"} else (),
            cards=api_key_cards.key_cards(obj),
        )

    def rotate(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        """Rotate the key; the answer to the POST shows the new one, once."""
        form = api_key_forms.RotateForm(request.POST or None)

        def successor(typed: dict[str, Any]) -> tuple[ApiKey, str]:
            return setup.rotate_api_key(
                slug=key.tenant.slug,
                prefix=key.prefix,
                grace=timedelta(hours=typed["grace_hours"]),
                actor=actor_of(request.user),
                now=timezone.now(),
            )

        result = press(request, form, successor)
        if result is not None:
            row, secret = result
            key.refresh_from_db()
            until = f"works until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.revoked_at is None else "no longer works"
            title, note = f"Key {row.prefix} replaces {key.prefix}", f"The old key {key.prefix} {until}."
            back = link("apikey", "change", row.pk)
            return secret_page(request, opts=self.opts, title=title, secret=secret, back=back, note=note)
        intro = "Creates a new key with the same rights. Install it before the old key stops working."
        return self._form(request, key, form, title=f"Rotate key {key.prefix}", submit="Create new key", intro=intro)

    def revoke(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        """Revoke the key after a confirmation."""
        form = UseCaseForm(request.POST if request.method == "POST" else None)
        who = {"slug": key.tenant.slug, "prefix": key.prefix, "actor": actor_of(request.user)}
        if press(request, form, lambda _: setup.revoke_api_key(**who, now=timezone.now())) is not None:
            messages.success(request, f"Key {key.prefix} revoked.")
            return HttpResponseRedirect(link("apikey", "change", key.pk))
        intro = "Takes effect immediately and cannot be undone. To connect again, create a new key."
        return self._form(
            request, key, form, title=f"Revoke key {key.prefix}?", submit="Revoke key", intro=intro, danger=True
        )

    def _form(self, request: HttpRequest, key: ApiKey, form: UseCaseForm, **texts: Any) -> HttpResponse:
        back = link("apikey", "change", key.pk)
        cards = api_key_cards.key_cards(key)
        return form_page(request, form, opts=self.opts, obj=key, back=back, cards=cards, **texts)
