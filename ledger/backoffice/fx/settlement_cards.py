"""Cards of a settlement's page."""

from ledger.backoffice.fx.formats import minute, page_of
from ledger.backoffice.sheets.sides import sided
from ledger.fx import conversion
from ledger.models import FxSettlement
from ledgersafe.backoffice.pages import Card, Cell


def legs_card(row: FxSettlement) -> Card:
    """Return the card of both journals."""
    legs = (
        ("From", row.from_account, row.source_journal_id, -row.amount_minor, row.source_currency),
        ("To", row.to_account, row.target_journal_id, row.converted_minor, row.target_currency),
    )
    rows = [
        (
            label,
            Cell(account.code, page_of("account", "change", account.pk)),
            sided(minor, currency, named=True),
            Cell(f"#{journal}", page_of("journal", "change", journal)),
        )
        for label, account, journal, minor, currency in legs
    ]
    note = "Each journal sums to zero in its own currency, against the clearing account of that currency."
    return Card("Journals", headers=("", "Account", "Amount", "Journal"), rows=rows, note=note, wide=True)


def conversion_card(row: FxSettlement) -> Card:
    """Return the card of the rate and its use."""
    rate = Cell(f"{row.rate.pair} {conversion.rate_text(row.rate_value)}", page_of("fxrate", "change", row.rate_id))
    facts = [("Rate", rate), ("Valid from", minute(row.rate.valid_from)), ("As of", minute(row.as_of))]
    calculation = "Divided by the rate, rounded once." if row.inverted else "Multiplied by the rate, rounded once."
    return Card("Conversion", facts=[*facts, ("Calculation", calculation)])


def command_card(row: FxSettlement) -> Card:
    """Return the card of the request."""
    facts = [
        ("Key", Cell(row.idempotency_key, mono=True)),
        ("Client", Cell(row.client_id, mono=True)),
        ("Requested by", Cell(row.actor, mono=True)),
        ("Posted", minute(row.created_at)),
        ("Business day", str(row.business_date)),
        ("Memo", row.memo or "–"),
        ("Tenant", row.tenant.slug),
    ]
    return Card("Request", facts=facts)
