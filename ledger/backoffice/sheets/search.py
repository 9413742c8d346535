"""Search journals by key, id, reference or amount."""

from collections.abc import Collection
from typing import Final

from ledger.models import Journal, Posting

#: A search for an amount or a reference scans only so many of the newest journals: no index has them.
NEWEST: Final = 100_000
#: The maximum number of results per index look-up.
MAX_RESULTS: Final = 500


def search_journals(term: str, tenant_ids: Collection[int]) -> list[int]:
    """Return the ids of journals with this id, key, reference or amount; the last two only among the newest."""
    text = term.strip().replace("\x00", "")
    own = Journal.objects.filter(tenant_id__in=tenant_ids).order_by("-id").values_list("id", flat=True)
    ids = set(own.filter(source="event", source_key=text, reverses__isnull=True)[:MAX_RESULTS])
    ids |= set(own.filter(reverses_id__in=ids)[:MAX_RESULTS])
    if text.isascii() and text.isdigit() and len(text) <= 18:
        ids |= set(own.filter(id=int(text)))
    newest = Journal.objects.order_by("-id").values_list("id", flat=True).first() or 0
    ids |= set(own.filter(id__gt=newest - NEWEST, external_ref=text)[:MAX_RESULTS]) if text else set()
    if amounts := amounts_in(text):
        posted = Posting.objects.filter(journal_id__gt=newest - NEWEST, amount_minor__in=amounts)
        ids |= set(posted.filter(tenant_id__in=tenant_ids).values_list("journal_id", flat=True)[:MAX_RESULTS])
    return sorted(ids)


def amounts_in(text: str) -> list[int]:
    """Read a typed amount in minor units, for every number of decimals a currency may have: 42.50 → 4250, 42500."""
    whole, point, decimals = text.replace(",", "").replace(" ", "").lstrip("+-−").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 13) or not (decimals.isdigit() if point else True):
        return []
    decimals = decimals.rstrip("0")
    return [int(whole + decimals.ljust(places, "0")) for places in (0, 2, 3) if len(decimals) <= places]
