"""The OpenAPI schema: each endpoint once, under `/v1/`, and how to authenticate."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers itself
    """`Authorization: Bearer <API key>`."""

    target_class = "ledgersafe.api.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key of `manage.py create_api_key`."}


class RememberingApiKeyScheme(ApiKeyScheme):  # type: ignore[no-untyped-call]
    """The same key, authenticated from memory."""

    target_class = "ledgersafe.api.RememberingApiKeyAuthentication"
    name = "ApiKey"


def only_v1(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular's preprocessing hook: leave out the `/api/` aliases and spell paths without the slash."""
    return [
        (path.replace("/?", "").rstrip("/"), regex, method, view)
        for path, regex, method, view in endpoints
        if path.startswith("/v1/") and not path.startswith(("/v1/schema", "/v1/docs"))
    ]
