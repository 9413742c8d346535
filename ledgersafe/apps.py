from django.apps import AppConfig, apps


class LedgersafeConfig(AppConfig):
    name = "ledgersafe"
    verbose_name = "Ledger-Safe"

    def ready(self) -> None:
        # "Authentication and Authorization" does not fit above a page.
        apps.get_app_config("auth").verbose_name = "Access"
        from ledgersafe.postgres import logins as logins  # registers its check
