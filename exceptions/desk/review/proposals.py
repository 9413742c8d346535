"""Proposals on the review page: who proposes which decision, and its effect on the books."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from exceptions.assignees import Assignee
from exceptions.decisions import DecisionAction
from exceptions.desk import case_view
from exceptions.desk.case_view import Review, Version
from exceptions.desk.review.form import ReviewForm, decision_of
from exceptions.desk.review.parts import change_part, journal_part
from exceptions.desk.review.proposal_text import WEIGHED, wish_of
from exceptions.models import ENDINGS, CaseStatus, Resolution, Stage
from ledgersafe.values.errors import DomainError


def patch_text_of(proposal: Any, review: Review) -> str | None:
    """The proposal's patch as JSON text; None when the proposed payload is a version that arrived like that."""
    fingerprint = bytes(proposal.final_payload_sha256 or b"").hex()
    arrived = {version.fingerprint for version in review.versions if not version.is_patched}
    return None if fingerprint in arrived else proposal.patch_text


def proposals_part(
    review: Review, decisions: Sequence[Resolution], form: ReviewForm, *, me: str, now: datetime
) -> list[dict[str, Any]]:
    """Open proposals with the effect of each, oldest first. The notes of a refused form are kept with its proposal."""
    if review.case.status != CaseStatus.OPEN:
        return []
    ended = {row.proposal_id for row in decisions if row.stage in ENDINGS}
    open_proposals = [row for row in decisions if row.stage == Stage.PROPOSED and row.pk not in ended]
    return [_proposal_part(proposal, review, form, me, now) for proposal in open_proposals]


def declined_part(decisions: Sequence[Resolution], *, me: str) -> dict[str, Any] | None:
    """The refusal of the last proposal, unless something newer happened to the case; None otherwise."""
    last = decisions[-1] if decisions else None
    if last is None or last.stage != Stage.DECLINED:
        return None
    own = any(row.pk == last.proposal_id and row.actor == me for row in decisions)
    return {"by": Assignee(last.actor), "notes": last.notes, "is_mine": own, "by_me": last.actor == me}


def _proposal_part(proposal: Any, review: Review, form: ReviewForm, me: str, now: datetime) -> dict[str, Any]:
    patch_text = patch_text_of(proposal, review)
    version = next((each for each in review.versions if each.raw_id == proposal.canonical_raw_id), None)
    choice = _choice(proposal, patch_text, version, review, now)
    return {
        "pk": proposal.pk,
        "by": Assignee(proposal.actor),
        "is_mine": proposal.actor == me,
        "at": proposal.at,
        "notes": proposal.notes,
        "patch_text": patch_text,
        "wants": wish_of(proposal, patch_text, version, review),
        "change": change_part(choice.change) if choice and choice.journals else None,
        "journals": [journal_part(journal) for journal in choice.journals] if choice else [],
        "refusal": choice.refusal if choice else "",
        "typed": form.notes if form.proposal == str(proposal.pk) else "",
    }


def _choice(proposal: Any, patch_text: str | None, version: Version | None, review: Review, now: datetime) -> Any:
    """The proposal's effect on the books: that of its version, or weighed with its patch; None: none or unknown."""
    if proposal.action != DecisionAction.REPLAY:
        return None
    if patch_text is None:
        return version.choice if version else None
    try:
        return case_view.weigh(review.case, decision_of(proposal, patch_text, WEIGHED), now=now)
    except DomainError:
        return None


def own_decisions(decisions: Iterable[Resolution], me: str) -> int:
    """Count this person's decisions and proposals on a case: a browser drops its drafts when the number changes."""
    return sum(row.actor == me for row in decisions)
