"""What all arrivals of one request share: the sender, the instants, and the context as SQL reads it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledgersafe.postgres.db import JsonText, as_jsonb
from ledgersafe.telemetry.request_id import current_request_id
from ledgersafe.tenants.principals import KeyPrincipal
from pos.arrivals import Refusal, device_clock, kept_headers
from pos.intake.plan import Plan
from pos.posting import TenantMemory
from pos.rules import Post


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request of a till.

    :ivar sent_at: by the device's own clock, when it said so.
    :ivar context: kept with every arrival of the request.
    """

    principal: KeyPrincipal
    received_at: datetime
    sent_at: datetime | None
    context: Mapping[str, Any]

    def context_of(self, plans: Sequence[Plan], memory: TenantMemory, *, is_last: bool) -> JsonText:
        """Encode the context, and which rare steps these plans need: Postgres leaves out the others.

        :param is_last: a refusal of a key or a day is no longer put down to memory that is out of date.
        """
        context = {**self.context, "version": memory.version}
        if is_last:
            context["last"] = "true"
        if any(isinstance(plan.decision, Post) and not plan.decision.draft.lines for plan in plans):
            context["audit"] = True
        if any(isinstance(plan.decision, Refusal) for plan in plans):
            context["rejects"] = True
        if memory.has_waits:
            context["waits"] = True
        return as_jsonb(context)


def delivery_of(principal: KeyPrincipal, headers: Mapping[str, Any], now: datetime) -> Delivery:
    """Collect what a request says beside its bodies. :param headers: a WSGI environment. :param now: of receipt."""
    sent_at = device_clock.sent_at(headers)
    context = {
        "at": now.isoformat(),
        "actor": principal.actor,
        "request": current_request_id(),
        "headers": kept_headers(headers),
    }
    if sent_at is not None:
        context["sent"] = sent_at.isoformat()
    return Delivery(principal, now, sent_at, context)
