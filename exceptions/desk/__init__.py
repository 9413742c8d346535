"""The operator's desk: inbox, review, decisions, bulk and their API. Nothing imports it but Django.

The one place of this app that imports the till's side, which stands above it. API: `views` takes requests, `actions`
calls use cases, `case_json` and `serializers` make JSON. Pages: `inbox_page`, `bulk`, `review`, registered by `admin`;
they reach the till's side through `case_view`.
"""
