"""Tell the 60-second story."""

import os
import secrets
import sys
import threading
from contextlib import ExitStack
from typing import Any

import httpx
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console

from ledger.balances import trial_balance
from ledgersafe.commands import LedgerCommand
from ledgersafe.demo import story
from ledgersafe.demo.server import ServerDidNotStart, running_server
from ledgersafe.demo.stage import Stage
from ledgersafe.demo.tenants import fresh_tenant
from ledgersafe.embedded.folders import data_root
from ledgersafe.jobs import child_process
from ledgersafe.operations import serving, verification


class Command(LedgerCommand):
    help = "Tell the 60-second story on a fresh demo tenant, then keep serving until Ctrl-C."
    examples = """\
  make demo
  DEMO_EXIT=1 make demo        # end after the story; status 0 only if every step succeeded"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="default 8000; if in use, a free one")

    def handle(self, *args: Any, **options: Any) -> None:
        serving.say("Looking for migrations …")
        serving.migrate()
        serving.say("Opening a demo tenant and starting the web server …")
        tenant, key = fresh_tenant("demo", name="Demo shops", key_name="demo till", actor="system:demo")
        password = _demo_login()
        stage = Stage(Console(), tenant)
        try:
            with running_server(options["port"]) as url:
                with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as till:
                    _tell(stage, till)
                if os.environ.get("DEMO_EXIT"):
                    stage.farewell_without_server("demo", password)
                else:
                    stage.farewell(url, "demo", password, key)
                    _serve_on(stage)
        except KeyboardInterrupt:
            stage.console.print("Stopped.")
        except ServerDidNotStart as error:
            stage.console.print(str(error))
            sys.exit(1)
        if stage.failures:
            stage.console.print(f"[red]Failed: {', '.join(stage.failures)}.[/red]")
            sys.exit(1)


def _serve_on(stage: Stage) -> None:
    """Keep serving after the story, with scheduled jobs."""
    with ExitStack() as jobs:
        if settings.WEB_JOBS and child_process.has_broker():
            log = jobs.enter_context((data_root() / "metrics" / "jobs.log").open("wb"))
            jobs.enter_context(child_process.running(os.environ, log))
        elif settings.WEB_JOBS:
            stage.console.print(child_process.NO_BROKER)
        stage.console.print("Serving until Ctrl-C.")
        threading.Event().wait()


def _tell(stage: Stage, till: httpx.Client) -> None:
    now = timezone.now()
    stage.console.print(f"Tenant [bold]{stage.tenant.slug}[/bold], empty books, one till.")
    for number, step in enumerate(story.steps(stage.tenant.slug, now), 1):
        stage.chapter(f"{number}. {step.title}", step.why)
        answer = till.post("/v1/events", json=dict(step.event))
        stage.answer(answer.status_code, answer.json())
        stage.expect("answered", (answer.status_code, answer.json()["reason_code"]), (step.status, step.reason_code))
        stage.state()
    counts = till.get("/v1/health").json()["counts"]
    stage.expect("health counters", counts, story.COUNTS_AFTER_FOUR)
    _tell_batch(stage, till, now)
    _tell_end(stage, till)


def _tell_batch(stage: Stage, till: httpx.Client, now: Any) -> None:
    stage.chapter("5. A till was offline", "it sends what it collected in one batch, retries and all")
    events, outcomes = story.offline_batch(stage.tenant.slug, now)
    answer = till.post("/v1/events/batch", json={"events": events})
    results = answer.json()["results"]
    for event, result in zip(events, results, strict=True):
        stage.answer(result["status"], result, f"{event['event_id']} {event['event_type']:9} ")
    actual = [(result["status"], result["reason_code"]) for result in results]
    stage.expect("each event its own outcome", actual, list(outcomes))
    stage.state()


def _tell_end(stage: Stage, till: httpx.Client) -> None:
    stage.chapter("6. What the books say")
    rows = trial_balance(stage.tenant.id)
    stage.trial_balance(rows)
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.balance_minor
    stage.expect("trial balance, sum per currency", sums, {"USD": 0})
    report = verification.verify(tenant_id=stage.tenant.id)
    stage.expect(f"verify_books, {report.checked} invariants, violations", report.violation_count, 0)
    counts = till.get("/v1/health").json()["counts"]
    stage.expect("health counters", counts, story.COUNTS_AT_THE_END)


def _demo_login() -> str:
    """Create a superuser with a new password in every run; return it to be shown once."""
    password = secrets.token_urlsafe(9)
    user, _ = User.objects.get_or_create(username="demo", defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save(update_fields=["password"])
    return password
