"""Opening accounts: the first posting that needs one opens it, in its own transaction."""

from collections.abc import Collection

from django.db.models import Q

from ledger.chart import ROLES, AccountRef
from ledger.models import Account
from ledgersafe.db import require_transaction


def find_or_open(tenant_id: int, refs: Collection[AccountRef]) -> dict[AccountRef, int]:
    """Account ids of the refs; opens the missing ones. Operation; two statements at most.

    Inserted in code order, so that two transactions that open the same accounts never wait crosswise.
    """
    require_transaction()
    found = _find(tenant_id, refs)
    missing = sorted(set(refs) - found.keys(), key=lambda ref: ref.code)
    if missing:
        Account.objects.bulk_create([_default_account(tenant_id, ref) for ref in missing], ignore_conflicts=True)
        found |= _find(tenant_id, missing)
    return found


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
