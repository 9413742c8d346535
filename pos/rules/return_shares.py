"""Fill in a return: where it names no taxes, discounts or tenders, it gets its share of the sale's. Pure.

A share of a tax, tip or discount is rounded down: what is given back of each never adds up to more than was taken, in
whatever order returns come. What rounding leaves is part of the goods returned, so that nothing is lost.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from pos.contract import Event, Hold, LineItem, TaxLine, Tender
from pos.references import parts_of, total_of
from pos.rules.sale import LIABILITY_LINES


def content_of(event: Event, sale: Event) -> Event | Hold:
    """Return the event with the parts it left to its sale filled in, or hold it."""
    content = _with_parts(event, sale)
    return content if isinstance(content, Hold) else _with_tenders(content, sale)


def _with_parts(event: Event, sale: Event) -> Event | Hold:
    if event.taxes or event.discounts_minor or event.tips_minor or event.service_charges_minor:
        return event  # it names its parts
    if event.lines:
        basket, whole = (sum(line.amount_minor for line in side.lines) for side in (event, sale))
        if event.total_minor == parts_of(event) or not whole:
            return event
        filled = replace(
            event,
            taxes=_tax_shares(sale, basket, whole),
            discounts_minor=_shares(sale.discounts_minor, basket, whole),
        )
        return replace(filled, total_minor=total_of(filled))
    if event.total_minor is None:
        return Hold("SCHEMA_VALIDATION_FAILED", "A RETURN needs total_amount or line_items.")
    whole = total_of(sale)
    return _share_of(event, sale, event.total_minor, whole) if whole else event


def _share_of(event: Event, sale: Event, part: int, whole: int) -> Event:
    """Fill in a return of an amount alone: it takes the same part of every part of the sale.

    :param part: of `whole`, both in minor units.
    """
    filled = replace(
        event,
        taxes=_tax_shares(sale, part, whole),
        discounts_minor=_shares(sale.discounts_minor, part, whole),
        tips_minor=_shares(sale.tips_minor, part, whole),
        service_charges_minor=_shares(sale.service_charges_minor, part, whole),
    )
    debts = [
        replace(line, amount_minor=line.amount_minor * part // whole)
        for line in sale.lines
        if line.category in LIABILITY_LINES
    ]
    if not debts:
        return filled
    goods = part - parts_of(replace(filled, lines=tuple(debts)))
    rest = [LineItem(sku="", quantity=debts[0].quantity, amount_minor=goods, category="")] if goods else []
    return replace(filled, lines=(*debts, *rest))


def _shares(amounts: Iterable[int], part: int, whole: int) -> tuple[int, ...]:
    return tuple(amount * part // whole for amount in amounts)


def _tax_shares(sale: Event, part: int, whole: int) -> tuple[TaxLine, ...]:
    return tuple(replace(tax, amount_minor=tax.amount_minor * part // whole) for tax in sale.taxes)


def _with_tenders(event: Event, sale: Event) -> Event | Hold:
    """Pay money back the way it came, unless the return names its tenders."""
    if event.tenders or event.pays_cash:
        return event
    if not sale.tenders:
        return replace(event, pays_cash=sale.pays_cash)
    if any(tender.currency != sale.currency for tender in sale.tenders):
        return Hold("TOTALS_MISMATCH", "The sale was paid in another currency: the tenders must say what is refunded.")
    total, sold = total_of(event), total_of(sale)
    # A reference names the payment; the refund will have another.
    paid = tuple(replace(tender, reference="") for tender in sale.tenders)
    return replace(event, tenders=paid if total == sold else _allocated(total, paid))


def _allocated(amount: int, tenders: tuple[Tender, ...]) -> tuple[Tender, ...]:
    """Allocate an amount to tenders by largest remainder.

    Every part is within one minor unit of its share, and together they are the amount.
    """
    whole = sum(tender.amount_minor for tender in tenders)
    if not whole:
        return ()
    shares = [divmod(tender.amount_minor * amount, whole) for tender in tenders]
    missing = amount - sum(share for share, _ in shares)
    first = sorted(range(len(tenders)), key=lambda index: -shares[index][1])[:missing]
    parts = [share + (index in first) for index, (share, _) in enumerate(shares)]
    return tuple(replace(tender, amount_minor=part) for tender, part in zip(tenders, parts, strict=True) if part)
