"""Refusals that several steps of the till's side share."""

from ledgersafe.values.errors import DomainError


class PanDetected(DomainError):
    """There is a card number in the patch or the notes; nothing was stored."""

    code = "PAN_DETECTED"
    http_status = 422
