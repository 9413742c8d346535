"""The OpenAPI schema: each endpoint once, under `/v1/`, and how to authenticate."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers itself
    """`Authorization: Bearer <API key>`."""

    target_class = "ledgersafe.api.ApiKeyAuthentication"
    match_subclasses = True  # ingest authenticates the same key from memory
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key of `manage.py create_api_key`."}


class StaffSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The cookie of a signed-in person of the back office."""

    target_class = "ledgersafe.api.StaffSessionAuthentication"
    match_subclasses = True
    name = "StaffSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in person of the back office; with several tenants, name one in `X-Tenant`.",
        }


def only_v1(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular's preprocessing hook: leave out the `/api/` aliases and spell paths without the slash."""
    return [
        (path.replace("/?", "").rstrip("/"), regex, method, view)
        for path, regex, method, view in endpoints
        if path.startswith("/v1/") and not path.startswith(("/v1/schema", "/v1/docs"))
    ]


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal, as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    raw_id = serializers.IntegerField(required=False)
    retry_after = serializers.IntegerField(required=False)
    required_scope = serializers.CharField(
        required=False, help_text="Of a 403 for want of rights: the scope the request needs."
    )
    granted = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Of a 403 for want of rights: the scopes the key has, or the roles of whoever is signed in.",
    )
