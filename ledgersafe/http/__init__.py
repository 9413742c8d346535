"""HTTP for every app: authentication, rights, bodies, lists, refusals, and the API's description.

A request passes `middleware` → `authentication` (key or session) → `permissions` (scope and reach) → the view, which
reads its body with `json_requests` (and `members`: no unknown members) or its list parameters with `paging`,
and answers with `rendering`. A refusal becomes a problem (RFC 9457) in `problems`; `error_pages` answers where no view
does. `openapi`, `routes` and `schema_views` describe the API; `client_address` finds the client behind our proxy.

Interfaces (`api`, `backoffice`) import this room, steps of the domain do not. Import the files: a front page would
load Django REST framework for every command.
"""
