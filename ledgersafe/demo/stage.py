"""Print the demo in the terminal: bronze, gate and books as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.columns import Columns
from rich.console import Console
from rich.table import Table

from ledger.balances import AccountBalance
from ledger.models import Journal, Posting
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.money import to_decimal_text
from pos.models import EventKey, RawEvent

_COLOURS = {"processed": "green", "duplicate": "cyan", "quarantined": "yellow", "rejected": "red"}


class Stage:
    """Prints the story, and counts failed expectations."""

    def __init__(self, console: Console, tenant: Tenant) -> None:
        self.console = console
        self.tenant = tenant
        self.failures: list[str] = []

    def chapter(self, title: str, why: str = "") -> None:
        """Print a heading, and why it matters."""
        self.console.print()
        self.console.rule(f"[bold]{title}[/bold]", align="left")
        if why:
            self.console.print(f"[dim]{why}[/dim]")

    def expect(self, what: str, actual: Any, expected: Any) -> None:
        """Print a check; a failed one in red, and the demo fails."""
        if actual == expected:
            self.console.print(f"[green]✓[/green] {what}: {actual}")
        else:
            self.failures.append(what)
            self.console.print(f"[bold red]✗ {what}: {actual!r}, not {expected!r}[/bold red]")

    def answer(self, status: int, body: Mapping[str, Any], what: str = "") -> None:
        """Print an answer of the server."""
        colour = _COLOURS.get(str(body.get("result")), "red")
        reason = f" · {body['reason_code']}" if body.get("reason_code") else ""
        self.console.print(
            f"  {what}→ [bold {colour}]{status} {body.get('result', body.get('code'))}[/bold {colour}]{reason}"
        )

    def state(self) -> None:
        """Print bronze, gate and books side by side."""
        tables = [self._bronze(), self._gate(), self._books()]
        self.console.print(Columns(tables, padding=(0, 2)))

    def trial_balance(self, rows: Sequence[AccountBalance]) -> None:
        """Print every account; the sum per currency is zero."""
        table = Table("Account", "Type", title="Trial balance", title_justify="left")
        table.add_column("Debit", justify="right")
        table.add_column("Credit", justify="right")
        for row in rows:
            amount = f"{to_decimal_text(abs(row.balance_minor), row.currency)} {row.currency}"
            table.add_row(row.code, row.type, *((amount, "") if row.balance_minor >= 0 else ("", amount)))
        table.add_section()
        for currency in sorted({row.currency for row in rows}):
            debit = sum(row.balance_minor for row in rows if row.currency == currency and row.balance_minor > 0)
            credit = -sum(row.balance_minor for row in rows if row.currency == currency and row.balance_minor < 0)
            sums = (f"{to_decimal_text(minor, currency)} {currency}" for minor in (debit, credit))
            table.add_row(f"[bold]Sum {currency}[/bold]", "", *sums)
        self.console.print(table)

    def farewell(self, url: str, user: str, password: str, key: str) -> None:
        """Print where to go on."""
        self.chapter("Go on from here")
        for line in (
            f"Back office   {url}/admin/",
            f"              sign in as [bold]{user}[/bold], password [bold]{password}[/bold]",
            f"API docs      {url}/v1/docs",
            f"Metrics       {url}/metrics",
            f'Try it        curl -H "Authorization: Bearer {key}" {url}/v1/health',
        ):
            # Not wrapped: a command that is copied must stay one line.
            self.console.print(line, soft_wrap=True, highlight=False)

    def farewell_without_server(self, user: str, password: str) -> None:
        """Print how to come back: the demo's server ends now."""
        self.chapter("The demo ends here, and its server with it")
        line = (
            f"Start it again with `make serve`, then sign in as [bold]{user}[/bold], password [bold]{password}[/bold]"
        )
        self.console.print(line, soft_wrap=True, highlight=False)

    def _bronze(self) -> Table:
        table = Table("raw_id", "event_id", "outcome", title="bronze · events_raw", title_justify="left")
        rows = RawEvent.objects.filter(tenant=self.tenant).select_related("outcome").order_by("id")
        for row in rows:
            result = row.outcome.result
            table.add_row(str(row.id), row.event_id or "–", f"[{_COLOURS[result]}]{result}[/{_COLOURS[result]}]")
        return table

    def _gate(self) -> Table:
        table = Table("key", "status", "arrivals", title="gate · events_processed", title_justify="left")
        for key in EventKey.objects.filter(tenant=self.tenant).order_by("id"):
            colour = _COLOURS.get(key.status, "white")
            table.add_row(key.idempotency_key, f"[{colour}]{key.status}[/{colour}]", str(key.arrivals))
        return table

    def _books(self) -> Table:
        table = Table("journal", "account", title="books · journals and postings", title_justify="left")
        table.add_column("amount", justify="right")
        journals = Journal.objects.filter(tenant=self.tenant).order_by("id")
        postings = Posting.objects.filter(journal__in=journals).select_related("account", "journal")
        for posting in postings.order_by("journal_id", "line_no"):
            label = f"{posting.journal.kind} {posting.journal.source_key}" if posting.line_no == 1 else ""
            table.add_row(label, posting.account.code, to_decimal_text(posting.amount_minor, posting.currency))
        return table
