"""The back office's frame: a read-only window. What it shows is changed by use cases, never by its forms."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse_lazy
from unfold.admin import ModelAdmin


class ReadOnlyModelAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Lists and shows; refuses every change by form, URL, action or forged POST."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: work first, then the books, then set-up."""
    sections = {
        "Work": [("Exceptions", "inbox", "exceptions_exceptioncase"), ("Arrivals", "receipt_long", "pos_rawevent")],
        "Books": [
            ("Journals", "menu_book", "ledger_journal"),
            ("Accounts", "account_balance_wallet", "ledger_account"),
            ("Business days", "calendar_month", "ledger_period"),
        ],
        "Set-up": [
            ("Tenants", "domain", "tenants_tenant"),
            ("Stores", "storefront", "tenants_store"),
            ("Registers", "point_of_sale", "tenants_register"),
            ("API keys", "key", "tenants_apikey"),
            ("Audit log", "policy", "audit_auditentry"),
        ],
    }
    return [
        {
            "title": title,
            "items": [
                {"title": name, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}
                for name, icon, model in items
            ],
        }
        for title, items in sections.items()
    ]
