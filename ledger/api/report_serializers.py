"""Bodies of balances, statements and reports: amounts as decimal text, debit positive unless a field says otherwise."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from ledger.balances import (
    AccountBalance,
    DayMovement,
    Explanation,
    Identity,
    Income,
    Statement,
    StatementLine,
    TypeTotal,
    trial_totals,
)
from ledger.fx import Unusable
from ledger.fx.positions import Position, without_rate
from ledger.fx.positions import residual as residual_of
from ledgersafe.http.paging import next_cursor
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text


def moment(value: date | datetime) -> str:
    """Return a day, or an instant in UTC, as text."""
    return str(instant(value)) if isinstance(value, datetime) else value.isoformat()


def balance_item(row: AccountBalance, as_of: date | datetime) -> dict[str, Any]:
    """Return the body of one account's balance."""
    return {
        "account_code": row.code,
        "ccy": row.currency,
        "balance": to_decimal_text(row.balance_minor, row.currency),
        "as_of": moment(as_of),
    }


def balances_body(rows: Sequence[AccountBalance], as_of: date | datetime) -> dict[str, Any]:
    """Return the body of the balances of the whole chart."""
    return {"as_of": moment(as_of), "items": [_named(row, "balance", row.balance_minor) for row in rows]}


def trial_balance_body(rows: Sequence[AccountBalance], day: date) -> dict[str, Any]:
    """Return the body of a trial balance; its debit and credit columns are unsigned."""
    return {
        "date": day.isoformat(),
        "items": [_account(row) | _sides(row.balance_minor, row.currency) for row in rows],
        "totals": [
            {
                "ccy": total.currency,
                "debit": to_decimal_text(total.debit_minor, total.currency),
                "credit": to_decimal_text(total.credit_minor, total.currency),
            }
            for total in trial_totals(rows)
        ],
    }


def balance_sheet_body(groups: Sequence[TypeTotal], identities: Sequence[Identity], day: date) -> dict[str, Any]:
    """Return the body of a balance sheet: sections with their accounts, and the identity per currency."""
    return {
        "date": day.isoformat(),
        "sections": [_section(group) for group in groups],
        "totals": [
            {
                "ccy": identity.currency,
                "assets": to_decimal_text(identity.assets_minor, identity.currency),
                "liabilities": to_decimal_text(identity.liabilities_minor, identity.currency),
                "equity": to_decimal_text(identity.equity_minor, identity.currency),
                "result": to_decimal_text(identity.result_minor, identity.currency),
                "balanced": identity.holds,
            }
            for identity in identities
        ],
    }


def income_body(groups: Sequence[TypeTotal], incomes: Sequence[Income], first: date, last: date) -> dict[str, Any]:
    """Return the body of an income statement: sections with their accounts, and the result per currency."""
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "sections": [_section(group) for group in groups],
        "totals": [
            {
                "ccy": income.currency,
                "revenue": to_decimal_text(income.revenue_minor, income.currency),
                "expense": to_decimal_text(income.expense_minor, income.currency),
                "result": to_decimal_text(income.result_minor, income.currency),
            }
            for income in incomes
        ],
    }


def statement_body(statement: Statement) -> dict[str, Any]:
    """Return the body of a page of a statement."""
    account = statement.account
    return {
        "account_code": account.code,
        "ccy": account.currency,
        "from": statement.first.isoformat() if statement.first else None,
        "to": statement.last.isoformat() if statement.last else None,
        "opening_balance": to_decimal_text(statement.opening_minor, account.currency),
        "closing_balance": to_decimal_text(statement.closing_minor, account.currency),
        "items": [_line(line, account.currency) for line in statement.lines],
        "next_cursor": next_cursor(statement.next_place),
    }


def explanation_body(explanation: Explanation, day: date) -> dict[str, Any]:
    """Return the body of an explained balance."""
    starts_on = explanation.starts_on.isoformat() if explanation.starts_on else None
    return {
        "account_code": explanation.code,
        "ccy": explanation.currency,
        "date": day.isoformat(),
        "starts_from": {"date": starts_on, "balance": to_decimal_text(explanation.starts_minor, explanation.currency)},
        "days": [_day(movement, explanation.currency) for movement in explanation.days],
        "balance": to_decimal_text(explanation.balance_minor, explanation.currency),
    }


def _line(line: StatementLine, currency: str) -> dict[str, Any]:
    posting, journal = line.posting, line.posting.journal
    return {
        "value_date": posting.business_date.isoformat(),
        "recorded_at": instant(journal.recorded_at),
        "journal_id": posting.journal_id,
        "line_no": posting.line_no,
        "kind": journal.kind,
        "external_ref": journal.external_ref or None,
        "memo": line.memo,
        "amount": to_decimal_text(posting.amount_minor, currency),
        "balance": to_decimal_text(line.balance_minor, currency),
    }


def _day(movement: DayMovement, currency: str) -> dict[str, Any]:
    return {
        "date": movement.day.isoformat(),
        "journals": movement.journals,
        "postings": movement.postings,
        "debit": to_decimal_text(movement.debits_minor, currency),
        "credit": to_decimal_text(movement.credits_minor, currency),
        "balance": to_decimal_text(movement.balance_minor, currency),
    }


def _section(group: TypeTotal) -> dict[str, Any]:
    return {
        "type": group.type.value,
        "ccy": group.currency,
        "items": [_named(row, "amount", minor) for row, minor in group.accounts],
        "total": to_decimal_text(group.total_minor, group.currency),
    }


def _account(row: AccountBalance) -> dict[str, Any]:
    return {"account_code": row.code, "name": row.name, "type": row.type, "ccy": row.currency}


def _named(row: AccountBalance, name: str, minor: int) -> dict[str, Any]:
    return _account(row) | {name: to_decimal_text(minor, row.currency)}


def _sides(minor: int, currency: str) -> dict[str, str]:
    return {
        "debit": to_decimal_text(max(minor, 0), currency),
        "credit": to_decimal_text(max(-minor, 0), currency),
    }


def fx_clearing_body(rows: Sequence[Position], base: str, day: date, at: datetime) -> dict[str, Any]:
    """Return the body of the open position. A negative residual is an unrealised gain, shown positive."""
    missing, residual = without_rate(rows), residual_of(rows)
    return {
        "date": day.isoformat(),
        "rates_as_of": instant(at),
        "ccy": base,
        "items": [_position(row) for row in rows],
        "residual": to_decimal_text(residual, base) if residual is not None else None,
        "unrealised_gain": to_decimal_text(-residual, base) if residual is not None else None,
        "without_rate": missing,
    }


def _position(row: Position) -> dict[str, Any]:
    value, conversion = row.value_minor, row.conversion
    return {
        "account_code": row.code,
        "ccy": row.currency,
        "balance": to_decimal_text(row.balance_minor, row.currency),
        "value": to_decimal_text(value, row.base_currency) if value is not None else None,
        "pair": conversion.rate.pair if conversion else None,
        "rate": conversion.rate.text if conversion else None,
        "inverted": conversion.inverted if conversion else None,
        "valid_from": instant(conversion.rate.valid_from) if conversion else None,
        "problem": row.rate.message if isinstance(row.rate, Unusable) else None,
    }
