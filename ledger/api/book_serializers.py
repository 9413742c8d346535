"""What accounts, transfers and journals look like on the wire."""

from typing import Any

from rest_framework import serializers

from ledger.accounts.requests import FIXED
from ledger.journals.queries import JournalInFull
from ledger.models import Account, AccountStatus, AccountType, AccountVersion, Journal
from ledger.transfers.transfer import STATUSES
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text


def account_item(account: Account) -> dict[str, Any]:
    """One account."""
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
    """One change of an account."""
    return {
        "version": version.version,
        "changed_at": instant(version.changed_at),
        "actor": version.actor,
        "before": _facts(version.before, currency) if version.before is not None else None,
        "after": _facts(version.after, currency),
    }


def _facts(facts: dict[str, Any], currency: str) -> dict[str, Any]:
    floor = facts["floor_minor"]
    told = {name: value for name, value in facts.items() if name != "floor_minor"}
    return told | {"floor": to_decimal_text(floor, currency) if floor is not None else None}


def journal_item(journal: Journal) -> dict[str, Any]:
    """One journal of a list."""
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


def journal_detail(found: JournalInFull) -> dict[str, Any]:
    """One journal with its lines."""
    command = found.command
    memos = command.entry_memos if command is not None else []
    return journal_item(found.journal) | {
        "reversed_by": found.reversed_by,
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
            for line in found.lines
        ],
    }


# ── The OpenAPI schema ──────────────────────────────────────────────────────────────────────────
class NewAccountSerializer(serializers.Serializer[Any]):
    """An account of the tenant's own."""

    code = serializers.CharField(max_length=200)
    name = serializers.CharField(max_length=200)
    ccy = serializers.CharField(help_text="ISO 4217.")
    type = serializers.ChoiceField(choices=AccountType.choices)
    metadata = serializers.DictField(required=False)


class AccountSerializer(serializers.Serializer[Any]):
    """An account as it is."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    ccy = serializers.CharField()
    type = serializers.ChoiceField(choices=AccountType.choices)
    status = serializers.ChoiceField(choices=AccountStatus.choices)
    floor = serializers.CharField(allow_null=True, help_text="The balance's normal side may not go below it.")
    metadata = serializers.DictField()


class AccountPageSerializer(serializers.Serializer[Any]):
    """A page of accounts."""

    items = AccountSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class AccountChangeSerializer(serializers.Serializer[Any]):
    """What is to be different. `floor` null: none any more."""

    #: What an account is: refused as such.
    also_known = tuple(sorted(FIXED))

    name = serializers.CharField(required=False, max_length=200)
    status = serializers.ChoiceField(choices=AccountStatus.choices, required=False)
    floor = serializers.CharField(required=False, allow_null=True, help_text="Decimal, in the account's currency.")
    metadata = serializers.DictField(required=False)


class AccountVersionSerializer(serializers.Serializer[Any]):
    """One change: who, when, from, to."""

    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    actor = serializers.CharField()
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField()


class AccountHistorySerializer(serializers.Serializer[Any]):
    """A page of changes; with `as_of`, `account` instead: how it was then."""

    items = AccountVersionSerializer(many=True, required=False)
    next_cursor = serializers.CharField(allow_null=True, required=False)
    account = AccountSerializer(required=False)
    as_of = serializers.DateTimeField(required=False)


class _TransferEntrySerializer(serializers.Serializer[Any]):
    account_code = serializers.CharField()
    amount = serializers.CharField(help_text='Decimal text, e.g. "10.00"; debit positive, credit negative.')
    ccy = serializers.CharField()
    memo = serializers.CharField(required=False, allow_null=True)


class TransferSerializer(serializers.Serializer[Any]):
    """Entries that sum to zero in each currency. The key may be sent as `X-Idempotency-Key` instead."""

    client_id = serializers.CharField(required=False, help_text="Whose key it is; left out: the caller's.")
    idempotency_key = serializers.CharField(required=False, max_length=200)
    value_date = serializers.DateField(required=False, allow_null=True, help_text="Null: the current business day.")
    memo = serializers.CharField(required=False, allow_null=True)
    external_ref = serializers.CharField(required=False, help_text="Left out: the key.")
    metadata = serializers.DictField(required=False)
    entries = _TransferEntrySerializer(many=True)


class TransferredSerializer(serializers.Serializer[Any]):
    """What became of a transfer; of a dry run, without journal."""

    journal_id = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    created_at = serializers.DateTimeField(allow_null=True)


class TransferBulkSerializer(serializers.Serializer[Any]):
    """Up to 500 transfers, all or none; each with a key of its own."""

    transfers = TransferSerializer(many=True)


class TransferredBulkSerializer(serializers.Serializer[Any]):
    """An outcome per transfer, in order."""

    results = TransferredSerializer(many=True)
    counts = serializers.DictField(child=serializers.IntegerField())


class JournalItemSerializer(serializers.Serializer[Any]):
    """One journal of a list."""

    journal_id = serializers.IntegerField()
    kind = serializers.CharField()
    value_date = serializers.DateField()
    occurred_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF's fields have a `source`; declared ones are taken away
    source_key = serializers.CharField()
    external_ref = serializers.CharField(allow_null=True)
    reverses = serializers.IntegerField(allow_null=True)


class JournalPageSerializer(serializers.Serializer[Any]):
    """A page of journals."""

    items = JournalItemSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class JournalSerializer(JournalItemSerializer):
    """A journal with its lines, and who asked for it."""

    reversed_by = serializers.IntegerField(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    idempotency_key = serializers.CharField(allow_null=True)
    memo = serializers.CharField(allow_null=True)
    metadata = serializers.DictField()
    entries = _TransferEntrySerializer(many=True)


class ReversalSerializer(serializers.Serializer[Any]):
    """Why, and on which day; the key is sent as `X-Idempotency-Key`."""

    memo = serializers.CharField(required=False)
    value_date = serializers.DateField(required=False, allow_null=True)


class ReversedSerializer(TransferredSerializer):
    """The reversal's journal, and the one it undoes."""

    reverses = serializers.IntegerField()
