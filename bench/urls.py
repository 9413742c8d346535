"""The product's URLs and the other contestants', so that all are served by the same processes."""

import os

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from bench.bare import BareTransactionsView
from bench.textbook.views import OneRowView, TextbookEventsView
from ledgersafe.urls import handler500 as handler500
from ledgersafe.urls import urlpatterns as product_urls


def worker(request: HttpRequest) -> HttpResponse:
    """Which process serves this connection: the load generator spreads its connections evenly."""
    return HttpResponse(str(os.getpid()))


urlpatterns: list[URLPattern | URLResolver] = [
    # Below /v1/, so that they skip the back office's middlewares as the product's endpoints do.
    path(
        "v1/bench/",
        include(
            [
                path("worker", worker),
                path("textbook", TextbookEventsView.as_view()),
                path("one-row", OneRowView.as_view()),
                path("transactions", BareTransactionsView.as_view()),
            ]
        ),
    ),
    *product_urls,
]
