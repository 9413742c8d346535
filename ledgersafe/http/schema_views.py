"""Serve `/v1/schema` and `/v1/docs`, whatever `Accept` says."""

from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from ledgersafe.http.rendering import JsonNegotiation


class NeverRefusing(JsonNegotiation):
    """Falls back to the first renderer if `Accept` matches none."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return DefaultContentNegotiation.select_renderer(self, request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type


class SchemaView(SpectacularAPIView):
    """`GET /v1/schema`: YAML, or JSON to clients that accept only JSON."""

    content_negotiation_class = NeverRefusing

    def _get_version_parameter(self, request: Request) -> None:
        """Offer no version parameter: there is one version."""


class DocsView(SpectacularSwaggerSplitView):
    """`GET /v1/docs`: the schema as a page."""

    content_negotiation_class = NeverRefusing
