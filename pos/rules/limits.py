"""What an original bears: caps on returns, tips and changes. Pure.

The same caps are held by Postgres (`pos_check_original_v1`); here they read well and give a reason.
"""

from ledgersafe.values.money import to_decimal_text
from pos.contract import Event, Hold
from pos.references import CORRECTION, RETURN, TIP_ADJUST, VOID, Original, Usage, sold_of, total_of


def beyond_limits(usage: Usage, sale: Event) -> Hold | None:
    """Hold when more counts against a sale than it has: in total, per line where both name lines, of its tip.

    :param usage: everything that counts against the sale, the event under decision included.
    """
    if not usage.is_counted:
        return None
    total, returned = total_of(sale), usage.amount[RETURN]
    if returned > total:
        returned_text, sold_text = (to_decimal_text(amount, sale.currency) for amount in (returned, total))
        return exceeds(
            f"{returned_text} {sale.currency} would have been returned of {sale.event_id}, which came to {sold_text}."
        )
    if sum(sale.tips_minor) + usage.amount[TIP_ADJUST] < 0:
        return exceeds(f"The tip of {sale.event_id} would be less than nothing.")
    return _beyond_lines(usage, sale)


def refuse_change(event: Event, kind: str, usage: Usage, *, currency: str | None) -> Hold | None:
    """Hold when an event in the books may not be replaced by this version.

    :param kind: of the journal that stands.
    :param usage: everything that counts against the event.
    :param currency: of the version that stands.
    """
    if kind == "CORRECTION":
        return exceeds(f"{event.event_id} has corrected a sale; what it posted stands.")
    if usage.number[VOID] > 0 or usage.number[CORRECTION] > 0:
        return exceeds(f"{event.event_id} was voided or corrected; its version is no longer chosen.")
    if not usage.number[RETURN] and not usage.number[TIP_ADJUST]:
        return None
    if event.event_type != "SALE" or event.currency != currency:
        return exceeds(f"Of {event.event_id} something was returned: it stays a sale in {currency}.")
    return beyond_limits(usage, event)


def exceeds(message: str) -> Hold:
    """Hold an event that its original does not bear."""
    return Hold("CANNOT_EXCEED_ORIGINAL", message)


def name_of(original: Original) -> str:
    """Name an original in a message: type and event id."""
    return f"{original.event.event_type} {original.event.event_id}"


def _beyond_lines(usage: Usage, sale: Event) -> Hold | None:
    quantities, amounts = sold_of(sale)
    if not quantities:
        return None  # sold by its total alone
    for key, quantity in usage.quantities.items():
        amount = usage.amounts[key]
        if quantity > quantities.get(key, 0) or amount > amounts.get(key, 0):
            what = f"{'article' if key[0] == 'sku' else 'line'} {key[1]!r}"
            return exceeds(f"More of {what} would have been returned than {sale.event_id} sold of it.")
    return None
