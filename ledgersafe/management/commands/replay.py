"""Replay every held event of one reason."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.values.errors import InvalidParameter
from pos.decisions import replay_jobs


class Command(LedgerCommand):
    help = "Replay every held event of one reason, as it arrived; what still cannot be posted stays held."
    examples = """\
  manage.py replay --tenant acme --reason UNKNOWN_EVENT_TYPE --dry-run
  manage.py replay --tenant acme --reason UNKNOWN_STORE --notes "Store 12 was created"
  manage.py replay --job 7          go on with a job of the back office that no worker has taken

exit status: 0 done, 2 it could not be begun"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", help="whose events, by slug")
        parser.add_argument("--reason", metavar="R", help="the reason code they are held for (see reason_codes)")
        parser.add_argument("--notes", metavar="TEXT", help="why, for the audit trail; required unless --dry-run")
        parser.add_argument("--dry-run", action="store_true", help="say what would come of it, and keep nothing")
        parser.add_argument("--job", type=int, metavar="N", help="go on with this job")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["job"] is not None:
            if options["tenant"] or options["reason"] or options["dry_run"]:
                raise InvalidParameter("--job goes on with what was asked for; it takes no other choice.")
            self._run(options["job"], as_json=options["json"])
            return
        if not options["tenant"] or not options["reason"]:
            raise InvalidParameter("Say whose events and of which reason: --tenant T --reason R (see --help).")
        tenant = setup.get_tenant(options["tenant"])
        if options["dry_run"]:
            with self._progress(options["json"]) as on_progress:
                outcomes = replay_jobs.dry_run(
                    tenant_id=tenant.id,
                    reason_code=options["reason"],
                    actor=self.actor,
                    now=timezone.now(),
                    on_progress=on_progress,
                )
            self._tell(outcomes, as_json=options["json"], title="A replay would come to")
            return
        if not options["notes"]:
            raise InvalidParameter("Say why, for the audit trail: --notes TEXT.")
        job = replay_jobs.request_replay(
            tenant_id=tenant.id,
            reason_code=options["reason"],
            notes=options["notes"],
            actor=self.actor,
            may_approve=False,
            now=timezone.now(),
        )
        self._run(job.id, as_json=options["json"])

    def _run(self, job_id: int, *, as_json: bool) -> None:
        with self._progress(as_json) as on_progress:
            job = replay_jobs.run_replay(job_id=job_id, on_progress=on_progress)
        outcomes = Counter(job.refusals) + Counter({"resolved": job.resolved})
        self._tell(outcomes, as_json=as_json, title=f"Replay job {job.id}")

    @contextmanager
    def _progress(self, as_json: bool) -> Iterator[Callable[[int, int], None] | None]:
        """A bar on a terminal, and nothing elsewhere."""
        console = Console(stderr=True)
        if as_json or not console.is_terminal:
            yield None
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
            task = progress.add_task("Replaying", total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    def _tell(self, outcomes: Counter[str], *, as_json: bool, title: str) -> None:
        if as_json:
            self.stdout.write(json.dumps({"cases": outcomes.total(), "outcomes": dict(outcomes)}))
            return
        if not outcomes:
            self.stdout.write("Nothing is held for this reason.")
            return
        table = Table("Outcome", "Cases", title=title)
        for outcome, number in outcomes.most_common():
            table.add_row("posted" if outcome == "resolved" else f"still held: {outcome}", f"{number:,}")
        console = Console()
        with console.capture() as text:
            console.print(table)
        self.stdout.write(text.get())
