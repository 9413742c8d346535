"""The project as an app: it brings templates, static files, commands and admin pages."""

from django.apps import AppConfig, apps


class LedgersafeConfig(AppConfig):
    """The project as an app without models."""

    name = "ledgersafe"
    verbose_name = "Ledger-Safe"

    def ready(self) -> None:
        # "Authentication and Authorization" is too long for a page's breadcrumbs.
        apps.get_app_config("auth").verbose_name = "Access"
        from ledgersafe.postgres import logins as logins  # registers its check
