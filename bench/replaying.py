"""Run as a program of its own, on one of our databases: a worker that replays, told what to do line by line.

`off` and `on` switch sales for a tenant; `replay` replays what is held, and answers how long that took.
"""

import json
import sys
import time
from typing import Any

import django


def replay(tenant_id: int) -> dict[str, Any]:
    """Everything held because sales were switched off."""
    from django.utils import timezone

    from pos.decisions import replay_jobs

    job = replay_jobs.request_replay(
        tenant_id=tenant_id,
        reason_code="UNKNOWN_EVENT_TYPE",
        notes="Sales are switched on.",
        actor="system:bench",
        may_approve=False,
        now=timezone.now(),
    )
    started = time.perf_counter()
    done = replay_jobs.run_replay(job_id=job.id)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "resolved": done.resolved, "refused": done.refused, "refusals": done.refusals}


def switch(slug: str, *, on: bool) -> dict[str, Any]:
    """Sales, for one tenant."""
    from ledgersafe import setup

    setup.change_tenant(slug=slug, changes={"enable" if on else "disable": ["SALE"]}, actor="system:bench")
    return {}


if __name__ == "__main__":
    django.setup()
    from ledgersafe import setup
    from ledgersafe.celery import spare_the_collector

    spare_the_collector()  # as a worker does when it starts
    tenant = setup.get_tenant(sys.argv[1])
    for line in sys.stdin:
        told = replay(tenant.id) if line.strip() == "replay" else switch(tenant.slug, on=line.strip() == "on")
        print(json.dumps(told), flush=True)
