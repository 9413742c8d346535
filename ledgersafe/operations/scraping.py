"""Serve `GET /metrics`: the processes' counters, and figures from the database."""

import logging

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView

from exceptions.queries import count_open_by_reason
from ledgersafe.http.problems import read_only
from ledgersafe.telemetry import metrics
from pos.devices import count_unexplained

logger = logging.getLogger(__name__)


@read_only
def export(request: HttpRequest) -> HttpResponse:
    """Write Prometheus' text; without a database, only the counters."""
    try:
        for reason_code, number in count_open_by_reason().items():
            metrics.exceptions_open.labels(reason_code).set(number)
        metrics.device_missing_events.set(count_unexplained())
    except (DatabaseError, InterfaceError):
        logger.warning("What the database knows could not be counted for /metrics", exc_info=True)
    response: HttpResponse = ExportToDjangoView(request)
    return response
