"""OpenAPI schemas of accounts, transfers and journals."""

from typing import Any

from rest_framework import serializers

from ledger.accounts import FIXED
from ledger.models import AccountStatus, AccountType
from ledger.transfers import STATUSES


class NewAccountSerializer(serializers.Serializer[Any]):
    """An account of the tenant's own."""

    code = serializers.CharField(max_length=200)
    name = serializers.CharField(max_length=200)
    ccy = serializers.CharField(help_text="ISO 4217.")
    type = serializers.ChoiceField(choices=AccountType.choices)
    metadata = serializers.DictField(required=False)


class AccountSerializer(serializers.Serializer[Any]):
    """An account."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    ccy = serializers.CharField()
    type = serializers.ChoiceField(choices=AccountType.choices)
    status = serializers.ChoiceField(choices=AccountStatus.choices)
    floor = serializers.CharField(allow_null=True, help_text="The lowest allowed balance, on the normal side.")
    metadata = serializers.DictField()


class AccountPageSerializer(serializers.Serializer[Any]):
    """A page of accounts."""

    items = AccountSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class AccountChangeSerializer(serializers.Serializer[Any]):
    """The fields to change. `floor` null removes the floor."""

    #: Fields that never change: refused by name.
    also_known = tuple(sorted(FIXED))

    name = serializers.CharField(required=False, max_length=200)
    status = serializers.ChoiceField(choices=AccountStatus.choices, required=False)
    floor = serializers.CharField(required=False, allow_null=True, help_text="Decimal, in the account's currency.")
    metadata = serializers.DictField(required=False)


class AccountVersionSerializer(serializers.Serializer[Any]):
    """A version: who changed the account, when, from what, to what."""

    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    actor = serializers.CharField()
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField()


class AccountHistorySerializer(serializers.Serializer[Any]):
    """A page of versions; with `as_of`, the account at that instant instead."""

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

    client_id = serializers.CharField(required=False, help_text="The client of the key; default: the caller.")
    idempotency_key = serializers.CharField(required=False, max_length=200)
    value_date = serializers.DateField(required=False, allow_null=True, help_text="Null: the current business day.")
    memo = serializers.CharField(required=False, allow_null=True)
    external_ref = serializers.CharField(required=False, help_text="Default: the key.")
    metadata = serializers.DictField(required=False)
    entries = _TransferEntrySerializer(many=True)


class TransferredSerializer(serializers.Serializer[Any]):
    """The outcome of a transfer; a dry run has no journal."""

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
    """A journal of a list."""

    journal_id = serializers.IntegerField()
    kind = serializers.CharField()
    value_date = serializers.DateField()
    occurred_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF's fields have a `source`; its metaclass removes declared fields
    source_key = serializers.CharField()
    external_ref = serializers.CharField(allow_null=True)
    reverses = serializers.IntegerField(allow_null=True)


class JournalPageSerializer(serializers.Serializer[Any]):
    """A page of journals."""

    items = JournalItemSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class JournalSerializer(JournalItemSerializer):
    """A journal with its lines, and the command that requested it."""

    reversed_by = serializers.IntegerField(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    idempotency_key = serializers.CharField(allow_null=True)
    memo = serializers.CharField(allow_null=True)
    metadata = serializers.DictField()
    entries = _TransferEntrySerializer(many=True)


class ReversalSerializer(serializers.Serializer[Any]):
    """Memo and day of a reversal; the key is sent as `X-Idempotency-Key`."""

    memo = serializers.CharField(required=False)
    value_date = serializers.DateField(required=False, allow_null=True)


class ReversedSerializer(TransferredSerializer):
    """The reversal's journal, and the reversed one."""

    reverses = serializers.IntegerField()
