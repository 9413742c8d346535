"""The back office's first page: what arrived, what waits, what was sold, what can be closed, and whether all is well.

`pages` (interface: the page and its live part) → `scope` (whose figures) → `panels` (what is shown, from the figures of
each app) → `charts` (pure geometry) · `vitals` (the system's health).
"""

from ledgersafe.dashboard.pages import figures, overview

__all__ = ["figures", "overview"]
