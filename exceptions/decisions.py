"""Read a person's decision on a held event from a request or form, and check it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledgersafe.values.errors import DomainError

MAX_NOTES: Final = 4_000
FIRST, LAST = "FIRST", "LAST"


class DecisionAction(StrEnum):
    """Post a version of the event, or dismiss it without posting anything."""

    REPLAY = "override_and_replay"
    NO_REPLAY = "mark_resolved_no_replay"


class InvalidAction(DomainError):
    """action must be override_and_replay or mark_resolved_no_replay."""

    code = "INVALID_ACTION"


class NotesRequired(DomainError):
    """resolution_notes must say why: the audit trail keeps them."""

    code = "NOTES_REQUIRED"


class InvalidPatch(DomainError):
    """override_patch must be a JSON object (RFC 7396), or with application/json-patch+json a list (RFC 6902)."""

    code = "INVALID_PATCH"


class InvalidCanonicalRawId(DomainError):
    """canonical_raw_id must name an arrival of this event that was kept as one of its versions."""

    code = "INVALID_CANONICAL_RAW_ID"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision. The version is `canonical`, else `canonical_raw_id`, else the case's own arrival.

    :ivar patch: parsed as by `ledgersafe.values.exact_json`; an object is a merge patch, a list a JSON patch.
    :ivar confirms: id of the proposal it confirms; once that is declined or withdrawn, the decision is refused.
    """

    action: DecisionAction
    notes: str
    canonical: str | None = None
    canonical_raw_id: int | None = None
    patch: dict[str, Any] | list[Any] | None = None
    confirms: int | None = None

    @classmethod
    def read(cls, body: Mapping[str, Any], *, json_patch: bool = False) -> "Decision":
        """Read the body of a request; an `actor` in it is ignored.

        :param json_patch: the request's media type is application/json-patch+json.
        :raises DomainError: InvalidAction, NotesRequired, InvalidPatch, InvalidCanonicalRawId.
        """
        action = body.get("action")
        if not isinstance(action, str) or action not in list(DecisionAction):
            raise InvalidAction
        decision = cls(
            action=DecisionAction(action),
            notes=read_notes(body.get("resolution_notes")),
            canonical=_canonical(body.get("canonical")),
            canonical_raw_id=_raw_id(body.get("canonical_raw_id")),
            patch=_patch(body.get("override_patch"), json_patch=json_patch),
        )
        if decision.action is DecisionAction.NO_REPLAY and decision.patch:
            raise InvalidPatch("Without a replay nothing is patched: leave override_patch out, or replay.")
        return decision


def read_notes(value: object) -> str:
    """Check and strip notes. :raises NotesRequired: empty, longer than `MAX_NOTES`, or with invisible characters."""
    if not isinstance(value, str) or not any(character.isalnum() for character in value):
        raise NotesRequired
    notes = value.strip()
    if len(notes) > MAX_NOTES:
        raise NotesRequired(f"resolution_notes has more than {MAX_NOTES} characters.")
    if any(not character.isprintable() and character not in "\r\n\t" for character in notes):
        raise NotesRequired("resolution_notes must not contain control or invisible characters.")
    return notes


def _canonical(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value in {FIRST, LAST}):
        return value
    raise InvalidCanonicalRawId("canonical must be FIRST or LAST.")


def _raw_id(value: object) -> int | None:
    if value is None or (type(value) is int and 0 < value < 2**63):
        return value
    raise InvalidCanonicalRawId


def _patch(value: object, *, json_patch: bool) -> dict[str, Any] | list[Any] | None:
    if value is None:
        return None
    if isinstance(value, list if json_patch else dict):
        return value or None  # an empty patch changes nothing
    raise InvalidPatch
