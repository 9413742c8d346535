"""People in the back office: shown read-only; buttons run the use cases of `access`."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.decorators import action
from unfold.enums import ActionVariant

from ledgersafe.audit.models import AuditEntry
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, UseCaseForm, form_page, object_page, press
from ledgersafe.people import access, forms
from ledgersafe.people.frame import AdministratorsOnly
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Membership


@admin.register(User)
class PersonAdmin(AdministratorsOnly):
    """People who may sign in. A tenant administrator sees those of their tenants, and no superusers."""

    list_display = ("username", "full_name", "role", "may_sign_in", "two_steps", "last_login")
    list_filter = ("is_active", "groups", "memberships__tenant")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    actions_list = ("new",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request).prefetch_related("groups", "memberships__tenant")
        rows = rows.annotate(has_phone=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)))
        ids = staff.tenant_ids_of(request.user)
        if ids is None:
            return rows
        user_ids = Membership.objects.filter(tenant__in=ids).values("user_id")
        return rows.filter(pk__in=user_ids, is_superuser=False)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        # Bound to the request, because the visible tenants depend on the viewer.
        def tenants(person: User) -> str:
            return _tenants_shown(request.user, person)

        columns = list(super().get_list_display(request))
        columns.insert(columns.index("role") + 1, tenants)
        return columns

    @admin.display(description="Name")
    def full_name(self, person: User) -> str:
        """Show first and last name."""
        return person.get_full_name() or "–"

    @admin.display(description="Role")
    def role(self, person: User) -> str:
        return _role_shown(person)

    @admin.display(description="May sign in", boolean=True, ordering="is_active")
    def may_sign_in(self, person: User) -> bool:
        """Tell whether the account is active."""
        return person.is_active

    @admin.display(description="Two-step sign-in")
    def two_steps(self, person: Any) -> str:
        """Tell whether two-step sign-in is on."""
        return "on" if person.has_phone else "–"

    # ── One person ──────────────────────────────────────────────────────────────────────────────
    def show(self, request: HttpRequest, row: Any) -> HttpResponse:
        may_manage = access.may_manage(request.user, row)
        note = "" if may_manage or row.pk == request.user.pk else str(access.NotYourPerson())
        facts = [
            ("Role", _role_shown(row)),
            ("Tenants", _tenants_shown(request.user, row)),
            ("Name", row.get_full_name() or "–"),
            ("E-mail", row.email or "–"),
            ("Two-step sign-in", "on" if row.has_phone else "off"),
            ("Last sign-in", instant_text(row.last_login) if row.last_login else "never"),
            ("Since", instant_text(row.date_joined)),
        ]
        return object_page(
            request,
            row,
            title=row.username,
            subtitle="Staff" if row.is_staff else "Not staff: no access to the back office",
            badges=[Badge("may sign in", "success") if row.is_active else Badge("deactivated", "danger")],
            buttons=_buttons(row) if may_manage else [],
            cards=[Card("Access", facts=facts, note=note), _trail(request, row)],
        )

    def get_urls(self) -> list[URLPattern]:
        pages = [("access", self.access), ("password", self.password), ("second-factor", self.second_factor)]
        routes = [
            path(f"<int:person_id>/{name}/", self.admin_site.admin_view(view), name=f"auth_user_{name}")
            for name, view in pages
        ]
        urls: list[URLPattern] = super().get_urls()
        return routes + urls

    def has_new_permission(self, request: HttpRequest) -> bool:
        return access.may_administer(request.user)

    @action(
        description="Add a person",
        url_path="new",
        icon="person_add",
        variant=ActionVariant.PRIMARY,
        permissions=["new"],
    )  # type: ignore[untyped-decorator]  # unfold is untyped
    def new(self, request: HttpRequest) -> HttpResponse:
        """Add a person."""
        form = forms.NewPersonForm(request.user, request.POST or None)
        person = press(
            request,
            form,
            lambda typed: access.create_person(**typed, by=request.user, actor=staff.actor_of(request.user)),
        )
        if person is not None:
            return _done(request, person, f"{person.username} can sign in now.")
        back = reverse("admin:auth_user_changelist")
        how = {"opts": self.opts, "title": "Add a person", "submit": "Add", "back": back}
        return form_page(request, form, **how, intro="Send user name and password separately.")

    def access(self, request: HttpRequest, person_id: int) -> HttpResponse:
        """Change role, tenants and right to sign in."""
        person = self._managed(request, person_id)
        form = forms.AccessForm(request.user, person, request.POST or None)
        return self._ask(request, person, form, access.change_access, "Change access", "Save", "Access of {} changed.")

    def password(self, request: HttpRequest, person_id: int) -> HttpResponse:
        """Set a new password."""
        person = self._managed(request, person_id)
        form = forms.PasswordForm(request.POST or None)
        message = "New password for {} saved. All their sessions have ended."
        return self._ask(request, person, form, access.reset_password, "Reset password", "Set the password", message)

    def second_factor(self, request: HttpRequest, person_id: int) -> HttpResponse:
        """Switch off two-step sign-in."""
        person = self._managed(request, person_id)
        form = forms.NoQuestionForm({} if request.method == "POST" else None)
        title, message = "Switch off two-step sign-in", "Two-step sign-in of {} is off until they set it up again."
        return self._ask(request, person, form, access.reset_second_factor, title, "Switch it off", message)

    def _managed(self, request: HttpRequest, person_id: int) -> User:
        """Return a person the viewer may manage.

        :raises PermissionDenied: absent, hidden, or not theirs to manage: one answer for all.
        """
        person = self.get_queryset(request).filter(pk=person_id).first()
        if person is None or not access.may_manage(request.user, person):
            raise PermissionDenied
        return person

    def _ask(
        self,
        request: HttpRequest,
        person: User,
        form: UseCaseForm,
        use_case: Any,
        title: str,
        submit: str,
        message: str,
    ) -> HttpResponse:
        by = {"by": request.user, "actor": staff.actor_of(request.user)}
        if press(request, form, lambda typed: use_case(username=person.username, **typed, **by)) is not None:
            return _done(request, person, message.format(person.username))
        back = reverse("admin:auth_user_change", args=[person.pk])
        how = {"opts": self.opts, "obj": person, "title": f"{title}: {person.username}", "submit": submit, "back": back}
        return form_page(request, form, **how, danger=use_case is access.reset_second_factor)


# ── Shown values ────────────────────────────────────────────────────────────────────────────────
def _role_shown(person: User) -> str:
    names = [group.name for group in person.groups.all()]
    return ", ".join([*(["Superuser"] if person.is_superuser else []), *sorted(names)]) or "–"


def _tenants_shown(looker: staff.Person, person: User) -> str:
    """List the tenants the viewer may know; others are only mentioned."""
    ids = staff.tenant_ids_of(looker)
    slugs = [row.tenant.slug for row in person.memberships.all() if ids is None or row.tenant_id in ids]
    others = len(person.memberships.all()) - len(slugs)
    if person.is_superuser and not slugs:
        return "all"
    return ", ".join([*sorted(slugs), *(["others"] if others else [])]) or "none"


def instant_text(at: Any) -> str:
    """Format an instant to the minute, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _buttons(person: Any) -> list[Button]:
    pages = [("access", "Change access", "manage_accounts"), ("password", "Reset password", "lock_reset")]
    if person.has_phone:
        pages.append(("second-factor", "Switch off two-step sign-in", "phonelink_erase"))
    return [Button(label, reverse(f"admin:auth_user_{name}", args=[person.pk]), icon) for name, label, icon in pages]


def _trail(request: HttpRequest, person: User) -> Card:
    entries = AuditEntry.objects.filter(object_type="person", object_id=person.username).order_by("-id")
    ids = staff.tenant_ids_of(request.user)
    if ids is not None:
        entries = entries.filter(tenant__in=ids)
    rows = [
        [instant_text(e.at), e.actor, Cell(e.action, mono=True), e.tenant.slug]
        for e in entries.select_related("tenant")[:20]
    ]
    return Card("History", headers=["When", "By", "What", "Tenant"], rows=rows, empty="Nothing yet.", wide=True)


def _done(request: HttpRequest, person: User, text: str) -> HttpResponseRedirect:
    messages.success(request, text)
    return HttpResponseRedirect(reverse("admin:auth_user_change", args=[person.pk]))
