"""The app of answered commands."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "ledgersafe.idempotency"
    label = "idempotency"
    verbose_name = "Idempotency"
