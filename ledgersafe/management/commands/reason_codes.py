"""Print the catalogue of reason codes."""

from typing import Any

from exceptions.reasons import REASONS, STATE_CODES
from ledgersafe.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Print the catalogue of reason codes as Markdown, the source of docs/reason-codes.md."
    examples = "  manage.py reason_codes > docs/reason-codes.md"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(catalogue())


def catalogue() -> str:
    """Write the catalogue as Markdown."""
    lines = [
        "# Reason codes",
        "",
        "Why an event is held (`202`, `quarantined`), how soon to look, what a person can decide, and what helps.",
        "Printed by `manage.py reason_codes` from `exceptions/reasons.py`; a test keeps the two equal.",
        "",
        "| code | meaning | severity | decisions | what helps |",
        "|---|---|---|---|---|",
    ]
    for reason in REASONS.values():
        decisions = ", ".join(decision.value for decision in reason.decisions)
        cells = (f"`{reason.code}`", reason.meaning, reason.severity.value, decisions, reason.advice)
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "## State codes",
        "",
        "Used in answers only; no event is held for them.",
        "",
        "| code | meaning |",
        "|---|---|",
    ]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in STATE_CODES.items()]
    return "\n".join(lines)
