"""The back office's first page: how much arrived, and what waits for a person."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format

from exceptions.queries import count_open_by_reason
from exceptions.reasons import REASONS
from pos.queries import count_arrivals, count_keys


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's dashboard callback: cards and the table of `templates/admin/index.html`."""
    held, keys = count_open_by_reason(), count_keys()
    cards = [
        ("Arrivals kept", count_arrivals(), "admin:pos_rawevent_changelist"),
        ("Events posted", keys["processed"], "admin:ledger_journal_changelist"),
        ("Waiting for a person", sum(held.values()), "admin:exceptions_exceptioncase_changelist"),
    ]
    rows = [
        [code, REASONS[code].meaning, REASONS[code].severity.value, number_format(number, force_grouping=True)]
        for code, number in sorted(held.items(), key=lambda item: -item[1])
        if number
    ]
    return context | {
        "cards": [
            {"title": title, "value": number_format(value, force_grouping=True), "link": reverse(link)}
            for title, value, link in cards
        ],
        "held": {"headers": ["Reason", "What it means", "Severity", "Open"], "rows": rows},
    }
