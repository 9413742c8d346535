"""The pack's tables: titles and columns, by file name and layout."""

from collections.abc import Callable
from typing import Final

from recon.models import DayClose
from recon.packs import book_rows, rows
from recon.packs.formats import Table


def trial_balance(close: DayClose) -> Table:
    """Accounts that have a balance or moved: opening balance, debits, credits, closing balance."""
    return Table(
        "Trial balance",
        (
            "account_code", "account_name", "type", "ccy", "opening_debit", "opening_credit", "debits", "credits",
            "closing_debit", "closing_credit",
        ),
        lambda: book_rows.trial_balance_rows(close),
    )  # fmt: skip


def journals(close: DayClose) -> Table:
    """Every posting of the day, by journal and line."""
    return Table(
        "Journals",
        (
            "journal_id", "line", "kind", "source", "source_key", "revision", "reverses_journal_id", "external_ref",
            "late", "occurred_at", "recorded_at", "account_code", "ccy", "debit", "credit",
        ),
        lambda: book_rows.journal_rows(close),
    )  # fmt: skip


def drawers(close: DayClose) -> Table:
    """Drawers closed within the day by their store's clock, with final figures.

    Reproducible: a closed drawer never changes, nor does the clock of a store that had one.
    """
    return Table(
        "Drawers",
        (
            "drawer_id", "store_id", "register_id", "ccy", "z_number", "opened_at", "opened_by", "closed_at",
            "closed_by", "starting_cash_amount", "sales_amount", "refunds_amount", "paid_in_amount", "paid_out_amount",
            "drops_amount", "corrections_amount", "expected_amount", "counted_amount", "variance_amount", "notes",
        ),
        lambda: rows.drawer_rows(close),
    )  # fmt: skip


def held_events(close: DayClose) -> Table:
    """Held events as they stood at the close, oldest first, with those of empty days closed with it."""
    return Table(
        "Exceptions",
        (
            "exception_id", "event_id", "store_id", "reason_code", "status_at_close", "amount_at_risk", "ccy",
            "created_at", "resolved_at", "resolution_action", "resolution_actor",
        ),
        lambda: rows.held_event_rows(close),
    )  # fmt: skip


#: Tables by file name without extension.
TABLES: Final[dict[str, Callable[[DayClose], Table]]] = {
    "trial-balance": trial_balance,
    "journals": journals,
    "drawers": drawers,
    "exceptions": held_events,
}
#: The layout of new packs. Packs of layout 1 have no drawers, and stay as they were issued.
LAYOUT: Final = 2
_SINCE_LAYOUT: Final = {"drawers": 2}


def table_names(close: DayClose) -> list[str]:
    """Names of the tables that the layout of this close's pack has, in order."""
    return [name for name in TABLES if close.layout >= _SINCE_LAYOUT.get(name, 1)]
