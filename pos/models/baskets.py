"""Basket fingerprints, for tenants that check for near duplicates."""

from django.db import models


class EventBasket(models.Model):
    """The basket fingerprint of a sale posted on arrival; only for tenants with the near-duplicate check.

    It stays when the sale is voided: a similar sale seconds later still needs a look.
    """

    append_only = True

    pk = models.CompositePrimaryKey("tenant", "event_key")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    event_key = models.CharField(max_length=200)
    basket = models.BinaryField(max_length=32, help_text="SHA-256 of place, total, lines and tenders.")
    occurred_at = models.DateTimeField()

    class Meta:
        db_table = "event_baskets"
        indexes = [models.Index(fields=["tenant", "basket", "occurred_at"], name="event_baskets_by_basket")]

    def __str__(self) -> str:
        return self.event_key
