"""What is answered while Postgres does not: no 500, for it is nobody's bug, and the same request may be sent again."""

import logging
import sys

from django.http import HttpRequest, HttpResponse

from ledgersafe.http import error_pages, problems
from ledgersafe.postgres.db import is_unavailable
from ledgersafe.telemetry.request_id import current_request_id
from ledgersafe.values.errors import Unavailable

logger = logging.getLogger(__name__)


def answer_unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """503 if this is what the error says: a problem for machines, a page for people. None: it is something else."""
    if error is None or not (isinstance(error, Unavailable) or is_unavailable(error)):
        return None
    logger.warning("503 for %s %s: %s", request.method, request.path[:200], str(error).split("\n")[0])
    is_page = request.path_info.startswith("/admin")
    return error_pages.unavailable(request) if is_page else problems.unavailable()


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500 handler, for what fails outside of views: a middleware that reads the session, for example."""
    answer = answer_unavailable(request, sys.exc_info()[1])
    return answer or problems.problem(
        500, "INTERNAL_ERROR", "An unexpected failure; it was logged.", trace_id=current_request_id()
    )
