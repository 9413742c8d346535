"""Use cases of accounts: open one, change one. What changed is kept by a trigger, in `account_versions`."""

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
    """There is an account of that code."""

    code = "ACCOUNT_EXISTS"
    http_status = 409


class NotEmpty(errors.DomainError):
    """Only an account whose balance is zero can be closed."""

    code = "ACCOUNT_NOT_EMPTY"
    http_status = 409


class BelowFloor(errors.DomainError):
    """The account's balance is below that floor."""

    code = "BELOW_FLOOR"
    http_status = 409


#: What the guard on accounts refuses, by the constraint it names.
_REFUSALS: Final[Mapping[str, type[errors.DomainError]]] = {
    "accounts_one_code_per_tenant": CodeTaken,
    "accounts_closed_empty": NotEmpty,
    "accounts_floor": BelowFloor,
}


@dataclass(frozen=True, slots=True)
class _Change:
    """What of an account is different afterwards, as the trail tells it."""

    before: dict[str, Any]
    after: dict[str, Any]


def open_account(*, tenant_id: int, wanted: NewAccount, actor: str) -> Account:
    """Open an account of the tenant's own; no rule of posting uses it. :raises CodeTaken: there is one of that code."""

    def attempt() -> Account:
        with tenant_transaction(tenant_id):
            call("ledger_change_accounts_v1", tenant_id, actor, False)
            if Account.objects.filter(tenant_id=tenant_id, code=wanted.code).exists():
                raise CodeTaken
            account = Account.objects.create(
                tenant_id=tenant_id,
                code=wanted.code,
                name=wanted.name,
                type=wanted.type,
                currency=wanted.currency,
                metadata=wanted.metadata,
            )
            after = {"code": account.code, "name": account.name, "type": account.type, "ccy": account.currency}
            _record(account, actor, "ledger.account.opened", _Change({}, after))
        return account

    return retry_serialization(attempt)


def change_account(*, tenant_id: int, code: str, changes: AccountChanges, actor: str) -> Account:
    """Change name, status, metadata or floor. What would change nothing leaves no trace.

    :raises ledgersafe.values.errors.NotFound: the tenant has no such account. :raises NotEmpty, BelowFloor: as they
        say.
    """

    def attempt() -> Account:
        with tenant_transaction(tenant_id):
            # Posters are waited for before the row is locked: those who take from it lock it after their day.
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
        raise refusal_of(error) from error


def _apply(account: Account, wanted: Mapping[str, Any], actor: str) -> None:
    before = {field: getattr(account, field) for field in wanted if getattr(account, field) != wanted[field]}
    if not before:
        return
    for field in before:
        setattr(account, field, wanted[field])
    account.save(update_fields=list(before))
    _record(account, actor, "ledger.account.changed", _Change(before, {field: wanted[field] for field in before}))
    if "status" in before:
        # Whoever remembers this tenant's accounts is told that one of them takes postings no more, or again.
        Tenant.objects.filter(pk=account.tenant_id).update(version=F("version") + 1)


def refusal_of(error: IntegrityError) -> Exception:
    """The refusal behind what a guard said, or the error itself."""
    refused = _REFUSALS.get(getattr(getattr(cause_of(error), "diag", None), "constraint_name", None) or "")
    return refused() if refused is not None and sqlstate(error) in {"23514", "23505"} else error


def _record(account: Account, actor: str, action: str, change: _Change) -> None:
    trail.record(
        tenant_id=account.tenant_id,
        actor=actor,
        action=action,
        object_type="account",
        object_id=account.id,
        before=change.before or None,
        after={"code": account.code} | change.after,
    )
