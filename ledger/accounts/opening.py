"""Opening accounts: the first posting that needs one opens it, in its own transaction."""

from collections.abc import Collection
from itertools import count

from django.db.models import Q

from ledger.accounts.chart import ROLES, AccountRef
from ledger.models import Account
from ledgersafe.postgres.db import require_transaction


def find_or_open(tenant_id: int, refs: Collection[AccountRef]) -> dict[AccountRef, int]:
    """Account ids of the refs; opens the missing ones. Operation; one statement, three when something is missing.

    Inserted in code order, so that two transactions that open the same accounts never wait crosswise. Where the
    tenant has given a default code to an account of its own, the next free one is taken: `SALES:USD~2`.
    """
    require_transaction()
    if not refs:
        return {}
    found = _find(tenant_id, refs)
    missing = sorted(set(refs) - found.keys(), key=lambda ref: ref.code)
    if missing:
        Account.objects.bulk_create([_default_account(tenant_id, ref) for ref in missing], ignore_conflicts=True)
        found |= _find(tenant_id, missing)
        for ref in missing:
            if ref not in found:
                found[ref] = _open_under_free_code(tenant_id, ref)
    return found


def _open_under_free_code(tenant_id: int, ref: AccountRef) -> int:
    taken = set(Account.objects.filter(tenant_id=tenant_id, code__startswith=ref.code).values_list("code", flat=True))
    account = _default_account(tenant_id, ref)
    account.code = next(code for number in count(2) if (code := f"{ref.code}~{number}") not in taken)
    account.save(force_insert=True)
    return account.pk


def _find(tenant_id: int, refs: Collection[AccountRef]) -> dict[AccountRef, int]:
    wanted = Q()
    for ref in refs:
        wanted |= Q(role=ref.role, currency=ref.currency, qualifier=ref.qualifier)
    rows = Account.objects.filter(wanted, tenant_id=tenant_id).exclude(role="")
    return {
        AccountRef(role, currency, qualifier): account_id
        for role, currency, qualifier, account_id in rows.values_list("role", "currency", "qualifier", "id")
    }


def _default_account(tenant_id: int, ref: AccountRef) -> Account:
    return Account(
        tenant_id=tenant_id,
        code=ref.code,
        name=ref.name,
        type=ROLES[ref.role].type,
        currency=ref.currency,
        role=ref.role,
        qualifier=ref.qualifier,
    )
