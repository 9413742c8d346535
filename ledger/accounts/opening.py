"""Open the accounts of a posting: the first posting that needs an account opens it, in its own transaction."""

from collections.abc import Collection
from itertools import count

from django.db.models import Q

from ledger.accounts.chart import ROLES, AccountRef
from ledger.models import Account
from ledgersafe.postgres.db import require_transaction


def find_or_open(tenant_id: int, refs: Collection[AccountRef]) -> dict[AccountRef, int]:
    """Find the accounts of the refs and open the missing ones; operation. One statement, three when any is missing.

    Inserted in code order, so that two transactions that open the same accounts never deadlock. When a tenant uses a
    default code for an account of its own, the next free code is taken: `SALES:USD~2`.

    :returns: account ids by ref.
    """
    require_transaction()
    if not refs:
        return {}
    ids = _find(tenant_id, refs)
    missing = sorted(set(refs) - ids.keys(), key=lambda ref: ref.code)
    if missing:
        Account.objects.bulk_create([_default_account(tenant_id, ref) for ref in missing], ignore_conflicts=True)
        ids |= _find(tenant_id, missing)
        for ref in missing:
            if ref not in ids:
                ids[ref] = _open_under_free_code(tenant_id, ref)
    return ids


def _open_under_free_code(tenant_id: int, ref: AccountRef) -> int:
    taken = set(Account.objects.filter(tenant_id=tenant_id, code__startswith=ref.code).values_list("code", flat=True))
    account = _default_account(tenant_id, ref)
    account.code = next(code for number in count(2) if (code := f"{ref.code}~{number}") not in taken)
    account.save(force_insert=True)
    return account.pk


def _find(tenant_id: int, refs: Collection[AccountRef]) -> dict[AccountRef, int]:
    condition = Q()
    for ref in refs:
        condition |= Q(role=ref.role, currency=ref.currency, qualifier=ref.qualifier)
    rows = Account.objects.filter(condition, tenant_id=tenant_id).exclude(role="")
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
