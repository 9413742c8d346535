"""The operator's desk: inbox, review, decisions, bulk and their API. Nothing imports it but Django.

The one room of this app that imports the till's side, which stands above it. API: `views` takes requests, `actions`
calls use cases, `answers`, `case_json` and `serializers` make JSON. Pages, registered by `admin`: `inbox_page`, `bulk`,
`review`; they reach the till's side through `case_view`.
"""
