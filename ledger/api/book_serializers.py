"""Bodies of accounts, transfers and journals: amounts as decimal text."""

from typing import Any

from ledger.journals import JournalDetail
from ledger.models import Account, AccountVersion, Journal
from ledger.transfers import TransferResult
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text


def account_item(account: Account) -> dict[str, Any]:
    """Return the body of an account."""
    floor = account.floor_minor
    return {
        "id": account.id,
        "code": account.code,
        "name": account.name,
        "ccy": account.currency,
        "type": account.type,
        "status": account.status,
        "floor": to_decimal_text(floor, account.currency) if floor is not None else None,
        "metadata": account.metadata,
    }


def version_item(version: AccountVersion, currency: str) -> dict[str, Any]:
    """Return the body of one version of an account; `currency` is the account's."""
    return {
        "version": version.version,
        "changed_at": instant(version.changed_at),
        "actor": version.actor,
        "before": _facts(version.before, currency) if version.before is not None else None,
        "after": _facts(version.after, currency),
    }


def _facts(facts: dict[str, Any], currency: str) -> dict[str, Any]:
    floor = facts["floor_minor"]
    columns = {name: value for name, value in facts.items() if name != "floor_minor"}
    return columns | {"floor": to_decimal_text(floor, currency) if floor is not None else None}


def journal_item(journal: Journal) -> dict[str, Any]:
    """Return the body of a journal in a list."""
    return {
        "journal_id": journal.id,
        "kind": journal.kind,
        "value_date": journal.business_date.isoformat(),
        "occurred_at": instant(journal.occurred_at),
        "created_at": instant(journal.recorded_at),
        "source": journal.source,
        "source_key": journal.source_key,
        "external_ref": journal.external_ref or None,
        "reverses": journal.reverses_id,
    }


def journal_detail(detail: JournalDetail) -> dict[str, Any]:
    """Return the body of one journal with its lines."""
    command = detail.command
    memos = command.entry_memos if command is not None else []
    return journal_item(detail.journal) | {
        "reversed_by": detail.reversed_by,
        "client_id": command.client_id if command is not None else None,
        "idempotency_key": command.idempotency_key if command is not None else None,
        "memo": (command.memo or None) if command is not None else None,
        "metadata": command.metadata if command is not None else {},
        "entries": [
            {
                "account_code": line.account.code,
                "amount": to_decimal_text(line.amount_minor, line.currency),
                "ccy": line.currency,
                "memo": memos[line.line_no - 1] if line.line_no <= len(memos) else None,
            }
            for line in detail.lines
        ],
    }


def transfer_result(result: TransferResult) -> dict[str, Any]:
    """Return the body of a transfer's outcome; a dry run has no journal."""
    status = "duplicate" if not result.is_new else "applied" if result.journal_id is not None else "dry_run"
    return {"journal_id": result.journal_id, "status": status, "created_at": result.created_at}
