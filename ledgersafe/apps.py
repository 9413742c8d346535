from django.apps import AppConfig


class LedgersafeConfig(AppConfig):
    name = "ledgersafe"
    verbose_name = "Ledger-Safe"
