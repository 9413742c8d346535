from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ledgersafe.audit"
    label = "audit"
    verbose_name = "Audit"
