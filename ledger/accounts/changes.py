"""Open and change accounts: the use cases. A trigger keeps every change in `account_versions`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError
from django.db.models import F

from ledger.accounts.requests import AccountChanges, NewAccount
from ledger.models import Account, AccountStatus
from ledgersafe.audit import trail
from ledgersafe.postgres.db import call, cause_of, retry_serialization, sqlstate, tenant_transaction
from ledgersafe.tenants.models import Tenant
from ledgersafe.values import errors


class CodeTaken(errors.DomainError):
    """An account with this code exists already."""

    code = "ACCOUNT_EXISTS"
    http_status = 409


class NotEmpty(errors.DomainError):
    """Only an account whose balance is zero can be closed."""

    code = "ACCOUNT_NOT_EMPTY"
    http_status = 409


class BelowFloor(errors.DomainError):
    """The account's balance is below this floor."""

    code = "BELOW_FLOOR"
    http_status = 409


#: Refusals of the guard on accounts, by the constraint it names.
_REFUSALS: Final[Mapping[str, type[errors.DomainError]]] = {
    "accounts_one_code_per_tenant": CodeTaken,
    "accounts_closed_empty": NotEmpty,
    "accounts_floor": BelowFloor,
}


@dataclass(frozen=True, slots=True)
class _AccountChange:
    """The changed fields of an account, before and after, for the audit trail."""

    before: dict[str, Any]
    after: dict[str, Any]


def open_account(*, tenant_id: int, request: NewAccount, actor: str) -> Account:
    """Open an account of the tenant's own, which no posting rule uses.

    :raises CodeTaken: the tenant has an account with this code.
    """

    def attempt() -> Account:
        with tenant_transaction(tenant_id):
            call("ledger_change_accounts_v1", tenant_id, actor, False)
            if Account.objects.filter(tenant_id=tenant_id, code=request.code).exists():
                raise CodeTaken
            account = Account.objects.create(
                tenant_id=tenant_id,
                code=request.code,
                name=request.name,
                type=request.type,
                currency=request.currency,
                metadata=request.metadata,
            )
            after = {"code": account.code, "name": account.name, "type": account.type, "ccy": account.currency}
            _record(account, actor, "ledger.account.opened", _AccountChange({}, after))
        return account

    return retry_serialization(attempt)


def change_account(*, tenant_id: int, code: str, changes: AccountChanges, actor: str) -> Account:
    """Change name, status, metadata or floor; equal values leave no trace.

    :raises ledgersafe.values.errors.NotFound: the tenant has no such account.
    :raises NotEmpty: the account is to be closed, and its balance is not zero.
    :raises BelowFloor: its balance is below the new floor.
    """

    def attempt() -> Account:
        with tenant_transaction(tenant_id):
            # Wait for running posters before locking the row: a poster locks its day first, then the account with a
            # floor. The other order would deadlock.
            exclusively = changes.floor_text is not None or changes.values.get("status") == AccountStatus.CLOSED
            call("ledger_change_accounts_v1", tenant_id, actor, exclusively)
            account = Account.objects.select_for_update().filter(tenant_id=tenant_id, code=code).first()
            if account is None:
                raise errors.NotFound("There is no such account.")
            _apply(account, changes.values_for(account.currency), actor)
        return account

    try:
        return retry_serialization(attempt)
    except IntegrityError as error:
        raise _refusal_of(error) from error


def _apply(account: Account, values: Mapping[str, Any], actor: str) -> None:
    before = {field: getattr(account, field) for field in values if getattr(account, field) != values[field]}
    if not before:
        return
    for field in before:
        setattr(account, field, values[field])
    account.save(update_fields=list(before))
    after = {field: values[field] for field in before}
    _record(account, actor, "ledger.account.changed", _AccountChange(before, after))
    if "status" in before:
        # Processes keep the tenant's accounts in memory and compare the version: a new one makes them read again.
        Tenant.objects.filter(pk=account.tenant_id).update(version=F("version") + 1)


def _refusal_of(error: IntegrityError) -> Exception:
    """Return the refusal for a guard's error, or the error itself when no refusal belongs to it."""
    refusal = _REFUSALS.get(getattr(getattr(cause_of(error), "diag", None), "constraint_name", None) or "")
    return refusal() if refusal is not None and sqlstate(error) in {"23514", "23505"} else error


def _record(account: Account, actor: str, action: str, change: _AccountChange) -> None:
    trail.record(
        tenant_id=account.tenant_id,
        actor=actor,
        action=action,
        object_type="account",
        object_id=account.id,
        before=change.before or None,
        after={"code": account.code} | change.after,
    )
