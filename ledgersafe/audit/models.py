"""The trail of what people and the system did: append-only, written in the transaction that did it."""

from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """One action on one object. Never changed, never deleted (trigger and privileges)."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT)
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=200, help_text="`key:<prefix>`, `user:<name>`, `system:<command>`.")
    action = models.CharField(max_length=100, help_text="app.noun.verbed")
    object_type = models.CharField(max_length=50)
    object_id = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    notes = models.TextField(blank=True, db_default="")
    request_id = models.CharField(max_length=64, blank=True, db_default="")

    class Meta:
        db_table = "audit_log"
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["tenant", "at"], name="audit_log_by_tenant_at")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
