"""People of the back office: who may do what, sign-in, two-step sign-in, and the pages for them.

`access`: the USE CASES create, change, reset password, reset two-step sign-in. Each opens its own transaction, locks
the person's row, and records one audit entry per tenant concerned.
`sign_in` and `second_factor`: signing in; `site`: checks the session of every page, and keeps a form whose session
has ended.
`forms`, `frame`, `person_pages`, `role_pages`: the pages, registered in `admin`.

Roles are in `tenants.roles`; nothing here can grant a single permission or make a superuser.
"""
