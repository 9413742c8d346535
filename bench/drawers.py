"""Run as a program of its own, as the owner, on one of our databases: opens drawers, prints them and a key as JSON."""

import json
import sys

import django

DRAWERS = 16

if __name__ == "__main__":
    django.setup()
    from django.utils import timezone

    from ledger.drawers import Caller, NewDrawer, by_hand, open_drawer
    from ledgersafe import setup

    tenant, now = setup.get_tenant(sys.argv[1]), timezone.now()
    caller = Caller(tenant.id, "system:bench", may_approve=True)
    opened = []
    for number in range(DRAWERS):
        request = NewDrawer("store-1", f"till-{number:02d}", 20_000)
        drawer = by_hand(tenant.id, lambda request=request: open_drawer(caller=caller, request=request, now=now))
        opened.append(drawer.pk)
    _, key = setup.create_api_key(slug=tenant.slug, scopes=["pos:write"], actor="system:bench", now=now)
    sys.stdout.write(json.dumps({"key": key, "drawers": opened}))
