"""Run as a program of its own, on one of our databases: creates tenants, and prints an API key of each as JSON."""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()
    from django.utils import timezone

    from ledgersafe import setup

    keys = {}
    for number in range(int(sys.argv[1])):
        slug = f"bench-{number:02d}"
        setup.create_tenant(
            slug=slug, name="", currency="USD", time_zone="UTC", books_start="2000-01-01", actor="system:bench"
        )
        _, keys[slug] = setup.create_api_key(
            slug=slug, scopes=["events:write"], actor="system:bench", now=timezone.now()
        )
    sys.stdout.write(json.dumps(keys))
