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
        return {"type": "http", "scheme": "bearer", "description": "A key of `manage.py create_api_key`."}


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
            "description": "A signed-in person of the back office; with several tenants, name one in `X-Tenant`.",
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
        "description": "`true`: the answer to this key's first request, given again; nothing was done this time.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_DESCRIPTIONS: Final = {
    "200": "What was asked for, or what was done.",
    "201": "It was done, and is on record.",
    "202": "Kept, and held for a person to decide.",
    "400": "The request is not what it should be; `errors` names each fault.",
    "401": "No API key and no session, or one that is not valid.",
    "403": "Not within the rights of this key or person.",
    "404": "There is no such thing here, or it is not yours to see.",
    "406": "`Accept` asks for something else than there is.",
    "409": "It cannot be done as things stand; `code` says why.",
    "413": "The body is too large.",
    "415": "The body's media type is none of those above.",
    "422": "It can never be done so: sent again, the same request is refused again.",
    "429": "Too many requests.",
    "500": "An unexpected failure, which was logged under `trace_id`.",
    "503": "The database cannot be reached just now: send the same request again.",
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
    """A refusal, as RFC 9457 has it. Some have further members, which say more about their `code`."""

    type = serializers.CharField(help_text="A stable slug.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="For people; it may change.")
    code = serializers.CharField(help_text="For programs; it stays.")
    errors = _FaultSerializer(many=True, required=False)  # type: ignore[assignment]  # named as the contract does
    raw_id = serializers.IntegerField(required=False, help_text="The arrival, which was kept all the same.")
    retry_after = serializers.IntegerField(required=False, help_text="Seconds.")
    trace_id = serializers.CharField(required=False, help_text="What a failure was logged under.")
    required_scope = serializers.CharField(
        required=False, help_text="Of a 403 for want of rights: the scope the request needs."
    )
    granted = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Of a 403 for want of rights: the scopes the key has, or the roles of whoever is signed in.",
    )
