"""`GET /metrics`: what the processes counted, and what the database knows."""

import logging

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView

from exceptions.queries import count_open_by_reason
from ledgersafe import metrics

logger = logging.getLogger(__name__)


def export(request: HttpRequest) -> HttpResponse:
    """Prometheus' text; without a database the counters still come."""
    try:
        for reason_code, number in count_open_by_reason().items():
            metrics.exceptions_open.labels(reason_code).set(number)
    except (DatabaseError, InterfaceError):
        logger.warning("Open exceptions could not be counted for /metrics", exc_info=True)
    response: HttpResponse = ExportToDjangoView(request)
    return response
