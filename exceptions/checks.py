"""Invariants of cases: decisions are complete and on record, proposals match the cases' marks."""

from typing import Final

from ledgersafe.postgres.invariants import Invariant, by_sql

#: Text of white space only counts as missing.
_DECISIONS: Final = """
SELECT e.tenant_id, 'exceptions', e.id::text,
       CASE WHEN e.status = 'open' THEN 'is open but says when it was resolved'
            ELSE concat('is resolved but does not say', CASE WHEN e.resolution_actor !~ '\\S' THEN ' who' END,
                        CASE WHEN e.resolution_action !~ '\\S' THEN ' what' END,
                        CASE WHEN e.resolved_at IS NULL THEN ' when' END,
                        CASE WHEN e.resolution_notes !~ '\\S' THEN ' why' END) END
FROM exceptions e
WHERE %(tenant)s IN (0, e.tenant_id) AND coalesce(e.resolved_at, e.created_at) >= %(since)s::date
  AND CASE e.status WHEN 'open' THEN e.resolved_at IS NOT NULL
      ELSE e.resolved_at IS NULL OR e.resolution_actor !~ '\\S' OR e.resolution_action !~ '\\S'
           OR e.resolution_notes !~ '\\S' END
"""

#: A resolved case has a decision row with the same content; an open one has proposals at most.
_ON_RECORD: Final = """
SELECT e.tenant_id, 'exceptions', e.id::text,
       CASE WHEN e.status = 'open' THEN 'is open, and a decision is on record'
            WHEN r.id IS NULL THEN 'is resolved without a decision on record'
            ELSE 'says another decision than the one on record' END
FROM exceptions e
LEFT JOIN exception_resolutions r ON r.tenant_id = e.tenant_id AND r.case_id = e.id AND r.stage = 'resolved'
WHERE %(tenant)s IN (0, e.tenant_id) AND coalesce(e.resolved_at, e.created_at) >= %(since)s::date
  AND CASE e.status WHEN 'open' THEN r.id IS NOT NULL
      ELSE r.id IS NULL OR (r.actor, r.action, r.notes, r.at, r.override_patch) IS DISTINCT FROM
           (e.resolution_actor, e.resolution_action, e.resolution_notes, e.resolved_at, e.override_patch) END
"""

#: `awaits_confirmation` is set exactly while a proposal is open.
_AWAITING: Final = """
SELECT e.tenant_id, 'exceptions', e.id::text,
       CASE WHEN e.awaits_confirmation THEN 'awaits confirmation, and no proposal waits'
            ELSE 'has a proposal that waits, and does not say so' END
FROM exceptions e
WHERE %(tenant)s IN (0, e.tenant_id) AND e.created_at >= %(since)s::date AND e.status = 'open'
  AND e.awaits_confirmation <> EXISTS (
      SELECT FROM exception_resolutions p
      WHERE p.tenant_id = e.tenant_id AND p.case_id = e.id AND p.stage = 'proposed'
        AND NOT EXISTS (SELECT FROM exception_resolutions x WHERE x.tenant_id = p.tenant_id AND x.proposal_id = p.id))
"""
#: A proposal is ended by a row of its own case: withdrawn by its proposer, declined by anyone else.
_ENDED: Final = """
SELECT x.tenant_id, 'exception_resolutions', x.id::text,
       CASE WHEN p.stage <> 'proposed' OR (p.tenant_id, p.case_id) <> (x.tenant_id, x.case_id)
            THEN 'ends what is no proposal of its case'
            ELSE concat('was ', x.stage, ' by ', x.actor, ', and proposed by ', p.actor) END
FROM exception_resolutions x JOIN exception_resolutions p ON p.id = x.proposal_id
WHERE %(tenant)s IN (0, x.tenant_id) AND x.at >= %(since)s::date
  AND (p.stage <> 'proposed' OR (p.tenant_id, p.case_id) <> (x.tenant_id, x.case_id)
       OR (x.stage = 'withdrawn') <> exceptions_same_principal_v1(x.tenant_id, x.actor, p.actor))
"""

INVARIANTS: Final = (
    Invariant(
        "I10", "A resolved exception says who, what, when and why.", by_sql(_DECISIONS, _ON_RECORD, _AWAITING, _ENDED)
    ),
)
