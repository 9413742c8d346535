"""Create a tenant with empty books for every run."""

from django.utils import timezone

from ledgersafe import setup
from ledgersafe.tenants.models import SCOPES, Tenant


def fresh_tenant(prefix: str, *, name: str, key_name: str, actor: str) -> tuple[Tenant, str]:
    """Create `prefix`, else `prefix-2`, …, with a key that may do everything. Return both."""
    taken = set(Tenant.objects.filter(slug__startswith=prefix).values_list("slug", flat=True))
    slug = next(name for name in (prefix, *(f"{prefix}-{n}" for n in range(2, 100_000))) if name not in taken)
    tenant = setup.create_tenant(slug=slug, name=name, currency="USD", time_zone="UTC", actor=actor)
    _, key = setup.create_api_key(slug=slug, scopes=SCOPES, name=key_name, actor=actor, now=timezone.now())
    return tenant, key
