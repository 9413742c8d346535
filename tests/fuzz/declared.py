"""The OpenAPI schema as a contract: which operations there are, and whether an answer is one that is declared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

PROBLEM = "application/problem+json"


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of the schema; `path` has its parameters in braces."""

    method: str
    path: str
    spec: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def names(self, place: str) -> list[str]:
        """The parameters that stand in `path`, `query` or `header`."""
        return [one["name"] for one in self.spec.get("parameters", []) if one["in"] == place]

    def url(self, values: dict[str, str], **odd: str) -> str:
        """The path with real values, but for the odd ones, which are percent-encoded already."""
        filled = {name: quote(values.get(name, "1"), safe="") for name in re.findall(r"\{(\w+)\}", self.path)} | odd
        return re.sub(r"\{(\w+)\}", lambda match: filled[match[1]], self.path)

    def body(self) -> dict[str, Any] | None:
        """The schema of a request's JSON body; None: it takes none."""
        content = self.spec.get("requestBody", {}).get("content", {})
        return resolved(content["application/json"]["schema"]) if "application/json" in content else None


@cache
def schema() -> dict[str, Any]:
    """As `/v1/schema` serves it."""
    written: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return written


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation there is."""
    paths = schema()["paths"].items()
    return tuple(Operation(verb.upper(), path, spec) for path, verbs in paths for verb, spec in verbs.items())


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the schema, with its reference followed."""
    while "$ref" in part:
        part = schema()["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    return part


@cache
def _by_view() -> dict[tuple[str, str], Operation]:
    return {(str(resolve(one.url({})).url_name), one.method): one for one in operations()}


def operation_of(answer: Any) -> Operation | None:
    """Which operation answered; None: no path, or no method, of the schema."""
    method = answer.request["REQUEST_METHOD"].replace("HEAD", "GET")
    match = answer.resolver_match
    return _by_view().get((str(match.url_name), method)) if match is not None else None


def faults_of(answer: Any) -> Iterator[str]:
    """What an answer of the API has that the schema does not declare, or that no client should meet."""
    status, media_type = answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0]
    if status >= 500:
        yield f"is a {status}"
    if status >= 400 and media_type != PROBLEM:
        yield f"is a {status} of {media_type or 'no type'}"
    operation = operation_of(answer)
    if operation is None:
        if status not in {400, 401, 403, 404, 405} and answer.request["REQUEST_METHOD"] != "OPTIONS":
            yield f"is a {status} where nothing is declared"
        return
    declared = operation.spec["responses"].get(str(status), {}).get("content")
    if declared is None:
        yield f"is a {status}, which {operation} does not declare"
    elif media_type not in declared:
        yield f"is {media_type}, where {operation} declares {', '.join(declared)} for {status}"
    elif media_type in {PROBLEM, "application/json"} and answer.request["REQUEST_METHOD"] != "HEAD":
        for error in _errors_of(operation, answer, media_type):
            yield f"does not keep to the schema of {operation} {status} at {error.json_path}: {error.message[:200]}"


def _errors_of(operation: Operation, answer: Any, media_type: str) -> list[Any]:
    """Where the body differs from its schema; thousands of problems are alike, so one of each kind is compared."""
    body = answer.json()
    kind = (operation, answer.status_code, body.get("code"), *sorted(body))
    if media_type == PROBLEM and kind in _sound:
        return []
    validator = _validator(operation.path, operation.method, str(answer.status_code), media_type)
    errors = list(validator.iter_errors(body))
    if not errors:
        _sound.add(kind)
    return errors


_sound: set[tuple[Any, ...]] = set()


@cache
def _validator(path: str, method: str, status: str, media_type: str) -> Draft202012Validator:
    responses = schema()["paths"][path][method.lower()]["responses"]
    part = responses[status]["content"][media_type]["schema"]
    return Draft202012Validator({"components": schema()["components"], **part})


def told(answer: Any) -> str:
    """The request of an answer, for people."""
    asked = answer.request
    return f"{asked['REQUEST_METHOD']} {asked['PATH_INFO'][:120]!r} ?{asked['QUERY_STRING'][:160]}"
