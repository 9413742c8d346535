"""Write logs as one JSON object per line (`LOG_FORMAT=json`)."""

import json
import logging
from datetime import UTC, datetime

from ledgersafe.telemetry.request_id import current_request_id


class JsonFormatter(logging.Formatter):
    """Formats records as time (UTC), level, logger, message, request_id, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": current_request_id(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
