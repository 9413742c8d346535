"""The app of tenants, stores, registers and API keys."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Label `tenants`: migrations and permissions name it."""

    name = "ledgersafe.tenants"
    label = "tenants"
    verbose_name = "Tenants and access"
