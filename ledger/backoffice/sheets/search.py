"""Finding journals by what people have in hand: a key, an id, a reference, an amount."""

from collections.abc import Collection
from typing import Final

from ledger.models import Journal, Posting

#: A search for an amount or a reference looks at so many of the newest journals: nothing indexes them.
SEARCHED: Final = 100_000
#: So many are shown of what an index finds.
FOUND: Final = 500


def found_by(term: str, tenant_ids: Collection[int]) -> list[int]:
    """Ids of journals whose id, key, reference or amount is the term. The last two among the newest only."""
    text = term.strip().replace("\x00", "")
    own = Journal.objects.filter(tenant_id__in=tenant_ids).order_by("-id").values_list("id", flat=True)
    found = set(own.filter(source="event", source_key=text, reverses__isnull=True)[:FOUND])
    found |= set(own.filter(reverses_id__in=found)[:FOUND])
    if text.isascii() and text.isdigit() and len(text) <= 18:
        found |= set(own.filter(id=int(text)))
    newest = Journal.objects.order_by("-id").values_list("id", flat=True).first() or 0
    found |= set(own.filter(id__gt=newest - SEARCHED, external_ref=text)[:FOUND]) if text else set()
    if amounts := amounts_in(text):
        posted = Posting.objects.filter(journal_id__gt=newest - SEARCHED, amount_minor__in=amounts)
        found |= set(posted.filter(tenant_id__in=tenant_ids).values_list("journal_id", flat=True)[:FOUND])
    return sorted(found)


def amounts_in(text: str) -> list[int]:
    """An amount as people write it, in minor units of whatever exponent its decimals allow: 42.50 → 4250, 42500."""
    whole, point, decimals = text.replace(",", "").replace(" ", "").lstrip("+-−").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 13) or not (decimals.isdigit() if point else True):
        return []
    decimals = decimals.rstrip("0")
    return [int(whole + decimals.ljust(places, "0")) for places in (0, 2, 3) if len(decimals) <= places]
