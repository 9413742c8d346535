"""Run as a program of its own, as the owner, on one of our databases: opens a tenant's accounts.

Prints a key that may write the books. Accounts come as one set: how they are opened is not what is measured.
"""

import json
import sys
from typing import Any

import django

from bench.payments import CURRENCY, code


def open_accounts(tenant: Any, number: int) -> int:
    """So many, all in dollars. :returns: the first one's id; the others follow without a gap."""
    from ledger.models import Account

    accounts = [
        Account(tenant=tenant, code=code(one), name="", type="ASSET", currency=CURRENCY) for one in range(number)
    ]
    return min(account.pk for account in Account.objects.bulk_create(accounts))


def create_key(slug: str) -> str:
    """A key that may read and write the books."""
    from django.utils import timezone

    from ledgersafe import setup

    scopes = ["ledger:read", "ledger:write"]
    return setup.create_api_key(slug=slug, scopes=scopes, actor="system:bench", now=timezone.now())[1]


if __name__ == "__main__":
    django.setup()
    from ledgersafe import setup

    if number := int(sys.argv[2]):  # the load test opens its own
        open_accounts(setup.get_tenant(sys.argv[1]), number)
    sys.stdout.write(json.dumps(create_key(sys.argv[1])))
