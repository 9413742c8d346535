"""Journals: a balanced draft, and the one way it gets into the books.

`draft` is pure and refuses what does not balance; `posting` writes inside the caller's transaction, exactly once per
source id; `queries` read them back. Callers post through this room, never by the models.
"""
