"""Cash drawers in the back office: the list."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from ledger.backoffice import drawer_desk, drawer_page
from ledger.backoffice.book_pages import BooksAdmin, amounts, badge
from ledger.backoffice.drawer_rights import OPERATE
from ledger.drawers import queries
from ledger.models import Drawer, DrawerStatus
from ledgersafe.backoffice.pages import list_button
from ledgersafe.values.money_text import Money

_TONE_OF_DRAWER = {DrawerStatus.OPEN: "ls-info", DrawerStatus.RECONCILING: "ls-warn", DrawerStatus.CLOSED: "ls-ok"}


@admin.register(Drawer)
class DrawerAdmin(BooksAdmin):
    """Cash drawers; the page of one has the buttons of the drawer desk."""

    list_display = ("number", "store", "till", "state", "opened", "expected", "counted", "variance", "tenant")
    list_display_links = ("number",)
    list_filter = ("status", "store", "tenant")
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 25
    actions_list = ("open_new",)

    @list_button("Open a drawer", permission="operate", url="open")
    def open_new(self, request: HttpRequest) -> HttpResponse:
        return drawer_desk.open_page(request)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(OPERATE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("store", "register__store")

    def complete(self, rows: list[Drawer]) -> None:
        expected_by_id = queries.expected_in(rows)
        for row in rows:
            vars(row)["expected_minor"] = expected_by_id[row.pk]

    @admin.display(description="Drawer")
    def number(self, row: Drawer) -> str:
        return f"#{row.pk}"

    @admin.display(description="Register")
    def till(self, row: Drawer) -> str:
        return row.register.code

    @admin.display(description="Status")
    def state(self, row: Drawer) -> SafeString:
        return badge(row.get_status_display(), _TONE_OF_DRAWER[DrawerStatus(row.status)])

    @admin.display(description="Opened (UTC)")
    def opened(self, row: Drawer) -> str:
        return f"{row.opened_at:%Y-%m-%d %H:%M}"

    @admin.display(description="Expected")
    def expected(self, row: Any) -> SafeString | str:
        hidden = queries.is_hidden(row, may_approve=False)  # in the list for everybody
        return "blind" if hidden else amounts([Money(row.expected_minor, row.currency)])

    @admin.display(description="Counted")
    def counted(self, row: Drawer) -> SafeString | str:
        return "–" if row.actual_cash_minor is None else amounts([Money(row.actual_cash_minor, row.currency)])

    @admin.display(description="Over/short")
    def variance(self, row: Any) -> SafeString | str:
        if row.actual_cash_minor is None:
            return "–"
        return amounts([Money(row.actual_cash_minor - row.expected_minor, row.currency)])

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id and request.method in {"GET", "HEAD"} else None
        if row is None or not self.has_view_permission(request, row):
            return super().changeform_view(request, object_id, form_url, extra_context)
        return drawer_page.show_drawer(request, row)
