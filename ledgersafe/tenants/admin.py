"""Tenants and access in the back office."""

from django.contrib import admin

from ledgersafe.backoffice import ReadOnlyModelAdmin
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant


@admin.register(Tenant)
class TenantAdmin(ReadOnlyModelAdmin):
    """Retailers."""

    list_display = ("slug", "name", "base_currency", "time_zone", "strict_stores", "created_at")
    search_fields = ("slug", "name")


@admin.register(Store)
class StoreAdmin(ReadOnlyModelAdmin):
    """Shops."""

    list_display = ("code", "name", "tenant", "created_at")
    list_filter = ("tenant",)
    search_fields = ("code", "name")
    list_select_related = ("tenant",)


@admin.register(Register)
class RegisterAdmin(ReadOnlyModelAdmin):
    """Tills."""

    list_display = ("code", "store", "tenant", "created_at")
    list_filter = ("tenant",)
    search_fields = ("code", "store__code")
    list_select_related = ("tenant", "store")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyModelAdmin):
    """Keys, by prefix: the secret is nowhere."""

    list_display = ("prefix", "name", "tenant", "scopes", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("tenant",)
    search_fields = ("prefix", "name")
    list_select_related = ("tenant",)
    exclude = ("secret_sha256",)
