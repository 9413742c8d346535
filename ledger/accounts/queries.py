"""Read accounts: a list, one account, its versions, and its state at an instant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ledger.models import Account, AccountStatus, AccountType, AccountVersion
from ledgersafe.values import cursors, moments
from ledgersafe.values.errors import InvalidParameter, NotFound


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Filters of `GET /v1/accounts`; None does not filter."""

    type: str | None = None
    currency: str | None = None
    status: str | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "AccountFilter":
        """Read the query parameters `type`, `ccy` and `status`.

        :raises ledgersafe.values.errors.InvalidParameter: an unknown type or status.
        """
        filters = cls(*(parameters.get(name) or None for name in ("type", "ccy", "status")))
        if filters.type is not None and filters.type not in AccountType.values:
            raise InvalidParameter(f"type must be one of {', '.join(AccountType.values)}.")
        if filters.status is not None and filters.status not in AccountStatus.values:
            raise InvalidParameter(f"status must be one of {', '.join(AccountStatus.values)}.")
        if filters.currency is not None and "\x00" in filters.currency:
            raise InvalidParameter("ccy must not contain NUL.")
        return filters


def list_accounts(tenant_id: int, filters: AccountFilter, cursor: list[Any] | None) -> QuerySet[Account]:
    """List accounts by code, after the cursor."""
    rows = Account.objects.filter(tenant_id=tenant_id)
    for field, value in (("type", filters.type), ("currency", filters.currency), ("status", filters.status)):
        if value is not None:
            rows = rows.filter(**{field: value})
    if cursor is not None:
        rows = rows.filter(code__gt=cursors.position(cursor, cursors.text)[0])
    return rows.order_by("code")


def get_account(tenant_id: int, code: str) -> Account:
    """Return one account.

    :raises ledgersafe.values.errors.NotFound: it does not exist, or belongs to another tenant: the same answer.
    """
    account = None if "\x00" in code else Account.objects.filter(tenant_id=tenant_id, code=code).first()
    if account is None:
        raise NotFound("There is no such account.")
    return account


def list_versions(account: Account, cursor: list[Any] | None) -> QuerySet[AccountVersion]:
    """List the account's versions, newest first, after the cursor."""
    rows = AccountVersion.objects.filter(tenant_id=account.tenant_id, account=account)
    if cursor is not None:
        rows = rows.filter(version__lt=cursors.position(cursor, cursors.small_number)[0])
    return rows.order_by("-version")


def account_at(account: Account, instant: datetime) -> Account:
    """Return the account as it was at an instant, as an unsaved object.

    :raises ledgersafe.values.errors.NotFound: it did not exist yet.
    """
    version = list_versions(account, None).filter(changed_at__lte=instant).first()
    if version is None:
        raise NotFound("There was no such account then.")
    return Account(
        id=account.id,
        tenant_id=account.tenant_id,
        type=account.type,
        currency=account.currency,
        created_at=account.created_at,
        **version.after,
    )


def read_instant(text: str, name: str) -> datetime:
    """Read the query parameter `name` as an instant.

    :raises ledgersafe.values.errors.InvalidParameter: it is no instant with an offset.
    """
    instant = moments.read_instant(text)
    if instant is None:
        raise InvalidParameter(f"{name} must be an instant with an offset, like 2026-02-25T09:30:00Z.")
    return instant
