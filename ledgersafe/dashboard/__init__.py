"""The dashboard, the back office's first page: received events, exceptions, sales, days to close, system health.

`pages` (interface: the page and its live part) → `panels` (from the figures of each app) · `vitals` (system health).
Scope and charts are the back office's own: `ledgersafe.backoffice.scope`, `.charts`.
"""

from ledgersafe.dashboard.pages import figures, overview

__all__ = ["figures", "overview"]
