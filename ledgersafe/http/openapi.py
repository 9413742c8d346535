"""Complete the OpenAPI schema: each endpoint once, under `/v1/`, how to authenticate, and every refusal."""

from typing import Any, Final

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers itself
    """`Authorization: Bearer <API key>`."""

    target_class = "ledgersafe.http.authentication.ApiKeyAuthentication"
    match_subclasses = True  # ingest authenticates the same key from memory
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, created in the back office or with `manage.py create_api_key`.",
        }


class StaffSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The cookie of a signed-in person of the back office."""

    target_class = "ledgersafe.http.authentication.StaffSessionAuthentication"
    match_subclasses = True
    name = "StaffSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A back-office session. With several tenants, name one in `X-Tenant`.",
        }


def only_v1(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Preprocess for drf-spectacular: leave out the `/api/` aliases, and optional trailing slashes."""
    return [
        (path.replace("/?", "").rstrip("/"), regex, method, view)
        for path, regex, method, view in endpoints
        if path.startswith("/v1/") and not path.startswith(("/v1/schema", "/v1/docs"))
    ]


# ── What every operation may answer ─────────────────────────────────────────────────────────────
_PROBLEM: Final = "application/problem+json"
_PROBLEM_SCHEMA: Final = "#/components/schemas/Problem"
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_REPLAYED: Final = {
    "Idempotent-Replayed": {
        "description": "`true`: a repeat of the stored answer to this idempotency key; nothing was done this time.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_DESCRIPTIONS: Final = {
    "200": "Success.",
    "201": "Created.",
    "202": "Stored, and held for a person's decision.",
    "400": "The request is not valid; `errors` names each fault.",
    "401": "No API key or session, or an invalid one.",
    "403": "The key or person lacks the rights.",
    "404": "Not found, or not visible to you.",
    "406": "`Accept` allows no available media type.",
    "409": "Not possible in the current state; `code` says why.",
    "413": "The body is too large.",
    "415": "The media type of the body is not supported.",
    "422": "Never possible: the same request will always be refused.",
    "429": "Too many requests.",
    "500": "Unexpected failure, logged under `trace_id`.",
    "503": "The database is unavailable: send the same request again.",
}
#: Refusals of every operation; then those of operations with path parameters, and with a body.
_ALWAYS: Final = ("400", "401", "403", "406", "429", "500", "503")
_BY_PATH: Final = ("404",)
_BY_BODY: Final = ("413", "415", "422")


def declare_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocess for drf-spectacular: declare every possible refusal as a problem.

    A view declares only its own refusals (such as 409); the common ones are added here.
    """
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"] = _answers_of(operation)
    return result


def _answers_of(operation: dict[str, Any]) -> dict[str, Any]:
    has_body = "requestBody" in operation
    takes_path = any(parameter["in"] == "path" for parameter in operation.get("parameters", ()))
    common = {*_ALWAYS, *(_BY_PATH if takes_path else ()), *(_BY_BODY if has_body else ())}
    # An operation without a body cannot refuse one.
    answers = {
        status: parameter for status, parameter in operation["responses"].items() if has_body or status not in _BY_BODY
    }
    for status in common | {status for status in answers if status >= "400"}:
        if all(_is_problem(media) for media in answers.get(status, {}).get("content", {}).values()):
            answers[status] = {"content": {_PROBLEM: {"schema": {"$ref": _PROBLEM_SCHEMA}}}}
    for status, response in answers.items():
        response["description"] = response.get("description") or _DESCRIPTIONS[status]
        if headers := _headers_of(operation, status):
            response["headers"] = response.get("headers", {}) | headers
    return dict(sorted(answers.items()))


def _headers_of(operation: dict[str, Any], status: str) -> dict[str, Any]:
    if status in {"429", "503"}:
        return _RETRY_AFTER
    takes_key = any(parameter["name"] == "X-Idempotency-Key" for parameter in operation.get("parameters", ()))
    return _REPLAYED if takes_key and status.startswith("2") else {}


def _is_problem(media: dict[str, Any]) -> bool:
    return bool(media["schema"].get("$ref") == _PROBLEM_SCHEMA)


class _FaultSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer (RFC 6901) into the body.")
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal in the format of RFC 9457. Some codes have further members."""

    type = serializers.CharField(help_text="A stable slug.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="For people; may change.")
    code = serializers.CharField(help_text="For programs; stable.")
    errors = _FaultSerializer(many=True, required=False)  # type: ignore[assignment]  # named as the contract does
    raw_id = serializers.IntegerField(required=False, help_text="The received event, which was stored nevertheless.")
    retry_after = serializers.IntegerField(required=False, help_text="Seconds.")
    trace_id = serializers.CharField(required=False, help_text="The id under which a failure was logged.")
    required_scope = serializers.CharField(
        required=False, help_text="Of a 403 for missing rights: the scope the request needs."
    )
    granted = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Of a 403 for missing rights: the key's scopes, or the signed-in person's scopes.",
    )
