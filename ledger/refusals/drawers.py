"""Refusals of cash drawers."""

from ledgersafe.values.errors import DomainError


class DrawerAlreadyOpen(DomainError):
    """The register has an open drawer: close it first."""

    code = "DRAWER_ALREADY_OPEN"
    http_status = 409


class DrawerClosed(DomainError):
    """The drawer is closed, or is being counted: nothing is posted to it."""

    code = "DRAWER_CLOSED"
    http_status = 409


class ApprovalRequired(DomainError):
    """The variance is above the tenant's limit: somebody who may approve it must close the drawer."""

    code = "APPROVAL_REQUIRED"
    http_status = 403


class NotesRequired(DomainError):
    """A variance above the tenant's limit needs notes that say why."""

    code = "NOTES_REQUIRED"


class CurrencyMismatch(DomainError):
    """The drawer is of another currency."""

    code = "CURRENCY_MISMATCH"
    http_status = 422


class ExceedsOriginal(DomainError):
    """An order is never refunded by more than was sold of it."""

    code = "CANNOT_EXCEED_ORIGINAL"
    http_status = 422
    may_be_lifted = True  # the sale may still come


class NotClosedYet(DomainError):
    """The drawer is not closed: until then there is the X-report."""

    code = "DRAWER_NOT_CLOSED"
    http_status = 409


class BlindCount(DomainError):
    """The drawer is counted blind: its figures are shown once it was counted."""

    code = "BLIND_COUNT"
    http_status = 403
