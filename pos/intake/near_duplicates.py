"""Hold near duplicates: a sale under another id, of the same basket at the same till, seconds apart.

Only tenants that ask for it pay for it: their sales take a transaction. A basket stays locked until the commit, so that
of two sales at once the second sees the first. It is a warning, no guarantee: a person's decision posts all the same.
"""

from collections.abc import Sequence
from typing import Any

from ledgersafe.postgres.db import as_jsonb, call, require_transaction
from pos.contract import Hold
from pos.intake.answer import Answer
from pos.intake.baskets import Basket, baskets_of, sale_of
from pos.intake.plan import Plan
from pos.models import EventBasket, Result
from pos.posting import TenantMemory


def are_looked_at(plans: Sequence[Plan], memory: TenantMemory) -> bool:
    """Tell whether some of these may be held for their basket."""
    return memory.near_duplicate_seconds > 0 and any(sale_of(plan) is not None for plan in plans)


def hold_near_duplicates(plans: Sequence[Plan], memory: TenantMemory) -> list[Basket]:
    """Hold sales like another one, in the books or earlier among these; operation. One statement, or none.

    :returns: the baskets of all sales, held or not; `pos_near_baskets_v1` has locked them until the commit.
    """
    require_transaction()
    seconds = memory.near_duplicate_seconds
    baskets = baskets_of(plans) if seconds > 0 else []
    if not baskets:
        return []
    rows = [basket.row for basket in baskets]
    in_books: dict[str, Any] = call("pos_near_baskets_v1", memory.tenant_id, seconds, as_jsonb(rows))
    earlier: dict[bytes, list[Basket]] = {}
    for basket in baskets:
        alike = earlier.setdefault(basket.fingerprint, [])
        key_in_books = in_books.get(str(basket.plan.ordinal))
        other = key_in_books or next((one.event_key for one in alike if one.is_near(basket, seconds)), None)
        if other is None:
            alike.append(basket)
        else:
            message = f"Event {other!r} sold the same basket at the same till, at most {seconds} seconds apart."
            basket.plan.hold(Hold("NEAR_DUPLICATE", message))
    return baskets


def keep(tenant_id: int, baskets: Sequence[Basket], answers: Sequence[Answer]) -> None:
    """Keep the baskets of the sales that were posted; operation of the same transaction. One statement, or none."""
    posted = [basket for basket in baskets if answers[basket.plan.ordinal - 1].result is Result.PROCESSED]
    if posted:
        EventBasket.objects.bulk_create(
            EventBasket(
                tenant_id=tenant_id,
                event_key=basket.event_key,
                basket=basket.fingerprint,
                occurred_at=basket.occurred_at,
            )
            for basket in posted
        )
