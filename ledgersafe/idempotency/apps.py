"""The app of answered commands."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    """Label `idempotency`: migrations and permissions name it."""

    name = "ledgersafe.idempotency"
    label = "idempotency"
    verbose_name = "Idempotency"
