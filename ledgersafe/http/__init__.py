"""HTTP for every app: who calls, with which rights, what a body may hold, and how a refusal is answered.

Interfaces import this room, steps never do. `permissions` says which scope a view needs, `members` refuses unknown
members of a body, `cursors` reads the position in a list; `error_pages` and `unavailable` answer where no view does;
`openapi`, `routes` and `schema_views` describe the API.
"""
