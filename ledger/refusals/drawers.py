"""Refusals of cash drawers."""

from ledgersafe.values.errors import DomainError


class DrawerAlreadyOpen(DomainError):
    """The register has an open drawer: close it first."""

    code = "DRAWER_ALREADY_OPEN"
    http_status = 409


class DrawerClosed(DomainError):
    """The drawer is closed or being counted: it takes no postings."""

    code = "DRAWER_CLOSED"
    http_status = 409


class ApprovalRequired(DomainError):
    """The difference is above the tenant's limit: a person who may approve it must close the drawer."""

    code = "APPROVAL_REQUIRED"
    http_status = 403


class NotesRequired(DomainError):
    """A difference above the tenant's limit needs notes that explain it."""

    code = "NOTES_REQUIRED"


class CurrencyMismatch(DomainError):
    """The drawer has another currency."""

    code = "CURRENCY_MISMATCH"
    http_status = 422


class ExceedsOriginal(DomainError):
    """The refund is larger than what is left of the order."""

    code = "CANNOT_EXCEED_ORIGINAL"
    http_status = 422
    may_be_lifted = True  # the sale may still come


class NotClosedYet(DomainError):
    """The drawer is not closed yet: see its X-report."""

    code = "DRAWER_NOT_CLOSED"
    http_status = 409


class BlindCount(DomainError):
    """The drawer is counted blind: its figures appear after the count."""

    code = "BLIND_COUNT"
    http_status = 403
