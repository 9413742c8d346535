"""The frame of the pages about the books: a list without a count, and a page of ours for each row."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.values.money_text import Money


def badge(text: str, tone: str = "") -> SafeString:
    """Show a short text as a badge; `tone` is a class of the style sheet."""
    return format_html('<span class="ls-badge {}">{}</span>', tone, text)


def amounts(amounts: Iterable[Money]) -> SafeString | str:
    """Show amounts, one line per currency; currencies are never summed."""
    lines = format_html_join("", "<div>{} {}</div>", ((money.text, money.currency) for money in amounts))
    return format_html('<div class="ls-money ls-list-money">{}</div>', lines) if lines else "–"


class CompletedList(ChangeList):  # type: ignore[misc]  # unfold is untyped
    """A page of rows whose columns `complete` fills in together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        self.model_admin.complete(self.result_list)


class BooksAdmin(ReadOnlyModelAdmin):
    """A list without a count of the table, and a read-only page for each row instead of Django's form."""

    paginator = InfinitePaginator
    #: Numbers beside the filters would count the table once for each.
    show_facets = admin.ShowFacets.NEVER
    list_fullwidth = True
    sheet_template: str

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("tenant")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CompletedList

    @admin.display(description="Business day")
    def day(self, row: Any) -> str:
        return str(row.business_date)

    def complete(self, rows: list[Any]) -> None:
        """Attach the values of computed columns to the rows of a page, in one statement for all of them."""

    def sheet(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the template context of one row's page."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id and request.method in {"GET", "HEAD"} else None
        if row is None or not self.has_view_permission(request, row):
            # Missing, another tenant's, or a forged POST: Django answers each with its own refusal.
            answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
            return answer
        context = self.admin_site.each_context(request) | self.sheet(request, row)
        context |= {"title": str(row), "opts": self.opts, "original": row, "row": row, "has_view_permission": True}
        cast(Any, request).current_app = self.admin_site.name  # as Django's own admin pages do
        return TemplateResponse(request, self.sheet_template, context)
