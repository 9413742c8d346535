"""The table of answered commands: one row per key, written in the command's own transaction."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact

#: What may be stored: success, and the refusal that would be the same whenever it was asked for. Everything else may
#: turn out differently the next time, and must be tried again; so may some refusals of 422, which a trigger knows
#: (`ledgersafe/idempotency/sql/idempotency_keys_guard_v1.sql`).
STORABLE = Q(status__gte=200, status__lt=300) | Q(status=422)


class IdempotencyKey(models.Model):
    """The final answer to a command. A running command has no row: its key is locked instead (see `rows`)."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    principal = models.CharField(max_length=50, help_text="Whose key it is: `key:<id>` or `user:<id>`.")
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of method, path, principal and body.")
    command = models.CharField(max_length=300, help_text="Method and path, for people.")
    status = models.PositiveSmallIntegerField()
    media_type = models.CharField(max_length=100)
    body = models.BinaryField(help_text="The answer, byte for byte.")
    actor = models.CharField(max_length=200, help_text="As the audit trail names the principal.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "idempotency_keys"
        verbose_name = "answered command"
        constraints = [
            # This constraint decides, whatever a cache, a lock or a process believes: one answer per key.
            models.UniqueConstraint(fields=["tenant", "principal", "key"], name="idempotency_keys_one_per_key"),
            models.CheckConstraint(name="idempotency_keys_storable_status", condition=STORABLE),
            models.CheckConstraint(name="idempotency_keys_key_not_empty", condition=~Q(key="")),
            models.CheckConstraint(
                name="idempotency_keys_fingerprint_whole", condition=Exact(Length("fingerprint"), 32)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal}/{self.key}"
