"""The form of the review page: its input as typed, and the decision read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from exceptions.decisions import Decision, DecisionAction
from exceptions.desk import case_view
from exceptions.models import Resolution

#: Longest patch in characters; the rest is cut off, which makes it invalid JSON.
MAX_PATCH: Final = 200_000
_ACTIONS: Final = {
    "preview": DecisionAction.REPLAY,
    "replay": DecisionAction.REPLAY,
    "no_replay": DecisionAction.NO_REPLAY,
}


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """Input as typed.

    :ivar do: the pressed button. :ivar chosen: raw id of a version. :ivar seen: `case_view.Review.state` of the page.
    :ivar proposal: id of the proposal to confirm, decline or withdraw.
    """

    do: str = ""
    chosen: str = ""
    patch: str = ""
    is_json_patch: bool = False
    notes: str = ""
    seen: str = ""
    proposal: str = ""

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> "ReviewForm":
        """Read a POST; browsers send CRLF, which becomes LF."""
        return cls(
            do=posted.get("do", ""),
            chosen=posted.get("chosen", ""),
            patch=posted.get("patch", "").replace("\r\n", "\n"),
            is_json_patch=posted.get("patch_kind") == "json",
            notes=posted.get("notes", "").replace("\r\n", "\n"),
            seen=posted.get("seen", ""),
            proposal=posted.get("proposal", ""),
        )

    def decision(self, *, notes_may_wait: bool = False) -> Decision:
        """Read the decision. :raises DomainError: as `Decision.read` and `case_view.parse_patch`.

        :param notes_may_wait: empty notes are allowed, for a preview.
        """
        action = _ACTIONS.get(self.do)
        body: dict[str, Any] = {"action": action, "resolution_notes": self.notes}
        if notes_may_wait and not self.notes.strip():
            body["resolution_notes"] = "preview"
        if action is DecisionAction.REPLAY:
            body["canonical_raw_id"] = self._raw_id()
            if self.patch.strip():
                body["override_patch"] = case_view.parse_patch(self.patch[:MAX_PATCH], json_patch=self.is_json_patch)
        return Decision.read(body, json_patch=self.is_json_patch)

    @property
    def proposal_id(self) -> int:
        """The proposal's id; 0: none, or no number."""
        return int(self.proposal) if _is_id(self.proposal) else 0

    @property
    def lacks_choice(self) -> bool:
        """Tell whether the action needs a version and none is chosen."""
        return _ACTIONS.get(self.do) is DecisionAction.REPLAY and self._raw_id() is None

    def _raw_id(self) -> int | None:
        return int(self.chosen) if _is_id(self.chosen) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def decision_of(proposal: Resolution, patch_text: str | None, notes: str) -> Decision:
    """The proposed decision, as the second person confirms it, with notes of their own.

    :param patch_text: the proposal's patch as exact JSON text; None: the payload is a version that arrived like that.
    :raises ledgersafe.values.errors.DomainError: no notes.
    """
    is_json_patch = (patch_text or "").startswith("[")
    body: dict[str, Any] = {"action": proposal.action, "resolution_notes": notes}
    if proposal.action == DecisionAction.REPLAY:
        body["canonical_raw_id"] = proposal.canonical_raw_id
        if patch_text:
            body["override_patch"] = case_view.parse_patch(patch_text, json_patch=is_json_patch)
    return replace(Decision.read(body, json_patch=is_json_patch), confirms=proposal.pk)
