"""What an operator fills in on the review page: kept as it was typed, read into a decision, and checked for age."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from exceptions.decisions import Decision, DecisionAction
from exceptions.desk import case_view
from exceptions.models import Resolution

#: A patch of a megabyte is no patch.
MAX_PATCH: Final = 200_000
_ACTIONS: Final = {
    "preview": DecisionAction.REPLAY,
    "replay": DecisionAction.REPLAY,
    "no_replay": DecisionAction.NO_REPLAY,
}


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """`chosen` is the raw id of a version; `seen` is what the page showed of the case (`console.Review.state`).

    `proposal` is the one that is confirmed, declined or withdrawn, by its id.
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
        """As typed; line ends as people see them."""
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
        """:raises ledgersafe.values.errors.DomainError: as `Decision.read` and `console.parse_patch`."""
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
        """0: no proposal."""
        return int(self.proposal) if _is_id(self.proposal) else 0

    @property
    def lacks_choice(self) -> bool:
        """Whether a version has to be chosen, and none was."""
        return _ACTIONS.get(self.do) is DecisionAction.REPLAY and self._raw_id() is None

    def _raw_id(self) -> int | None:
        return int(self.chosen) if _is_id(self.chosen) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def decision_of(proposal: Resolution, patch_text: str | None, notes: str) -> Decision:
    """The decision somebody proposed, as a second person makes it; with that person's own notes.

    :param patch_text: the proposal's patch as exact JSON text; None when the version arrived like that.
    :raises ledgersafe.values.errors.DomainError: no notes.
    """
    is_json_patch = (patch_text or "").startswith("[")
    body: dict[str, Any] = {"action": proposal.action, "resolution_notes": notes}
    if proposal.action == DecisionAction.REPLAY:
        body["canonical_raw_id"] = proposal.canonical_raw_id
        if patch_text:
            body["override_patch"] = case_view.parse_patch(patch_text, json_patch=is_json_patch)
    return replace(Decision.read(body, json_patch=is_json_patch), confirms=proposal.pk)
