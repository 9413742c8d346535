"""Invariant of foreign currency (I22): settlements have both legs, conversions follow their rates, clearing nets."""

from typing import Final

from ledgersafe.postgres.invariants import Invariant, by_sql

_RATES: Final = """
SELECT r.tenant_id, 'fx_rates', r.id::text, 'is ' || r.rate || ', no finite positive number'
FROM fx_rates r
WHERE %(tenant)s IN (0, r.tenant_id) AND NOT (r.rate > 0 AND r.rate < 'Infinity')
"""

#: The guards' own checks, run again.
_SETTLEMENTS: Final = """
SELECT s.tenant_id, 'fx_settlements', s.id::text, coalesce(faults.fault,
       'is not two journals through the clearing accounts')
FROM fx_settlements s
CROSS JOIN LATERAL (SELECT ledger_fx_fault_v1(
    s.tenant_id, s.rate_id, s.rate_value, s.inverted, s.source_currency, s.target_currency, s.amount_minor,
    s.converted_minor, s.shift, s.as_of) AS fault) faults
WHERE %(tenant)s IN (0, s.tenant_id) AND s.business_date >= %(since)s::date
  AND (faults.fault IS NOT NULL
       OR NOT ledger_fx_leg_stands_v1(s.tenant_id, s.source_journal_id, 'settlement:' || s.id || ':source',
                                      s.business_date, s.from_account_id, s.source_currency, -s.amount_minor)
       OR NOT ledger_fx_leg_stands_v1(s.tenant_id, s.target_journal_id, 'settlement:' || s.id || ':target',
                                      s.business_date, s.to_account_id, s.target_currency, s.converted_minor))
"""

#: Every `fx` journal belongs to a settlement or a revaluation.
_CAUSELESS: Final = """
SELECT j.tenant_id, 'journals', j.id::text, 'belongs to no settlement and no revaluation: ' || j.source_key
FROM journals j
WHERE j.source = 'fx' AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
  AND NOT EXISTS (SELECT FROM fx_settlements s WHERE s.tenant_id = j.tenant_id AND s.source_journal_id = j.id)
  AND NOT EXISTS (SELECT FROM fx_settlements s WHERE s.tenant_id = j.tenant_id AND s.target_journal_id = j.id)
  AND NOT EXISTS (SELECT FROM fx_revaluations v WHERE v.tenant_id = j.tenant_id AND v.journal_id = j.id)
"""

#: Foreign tenders of till events: a journal clears the foreign amounts against their conversions, all together.
_CONVERSIONS: Final = """
WITH cleared AS (
    SELECT p.tenant_id, p.journal_id, p.currency, sum(p.amount_minor) AS minor
    FROM accounts a -- few of all there are: their postings by index, not the accounts of all postings
    JOIN postings p ON p.tenant_id = a.tenant_id AND p.account_id = a.id JOIN journals j ON j.id = p.journal_id
    WHERE a.role = 'FX_CLEARING' AND j.source = 'event' AND j.reverses_id IS NULL
      AND j.kind NOT IN ('VOID', 'CANCEL') -- mirrors of what was converted: see the guard on references
      AND %(tenant)s IN (0, a.tenant_id) AND p.business_date >= %(since)s::date
    GROUP BY 1, 2, 3
), declared AS (
    SELECT c.tenant_id, c.journal_id, side.currency, sum(side.minor) AS minor
    FROM fx_conversions c
    JOIN journals j ON j.id = c.journal_id AND j.business_date >= %(since)s::date
    CROSS JOIN LATERAL (VALUES (c.source_currency, -c.amount_minor), (c.target_currency, c.converted_minor))
         AS side(currency, minor)
    WHERE %(tenant)s IN (0, c.tenant_id) GROUP BY 1, 2, 3
)
SELECT tenant_id, 'journals', journal_id::text,
       'clears ' || coalesce(c.minor, 0) || ' ' || currency || ', its conversions come to ' || coalesce(d.minor, 0)
FROM cleared c FULL JOIN declared d USING (tenant_id, journal_id, currency)
WHERE coalesce(c.minor, 0) <> coalesce(d.minor, 0)
UNION ALL
SELECT c.tenant_id, 'fx_conversions', c.id::text, faults.fault
FROM fx_conversions c JOIN journals j ON j.id = c.journal_id
CROSS JOIN LATERAL (SELECT ledger_fx_fault_v1(
    c.tenant_id, c.rate_id, c.rate_value, c.inverted, c.source_currency, c.target_currency, c.amount_minor,
    c.converted_minor, c.shift, j.occurred_at) AS fault) faults
WHERE faults.fault IS NOT NULL AND %(tenant)s IN (0, c.tenant_id) AND j.business_date >= %(since)s::date
"""

#: A revaluation's journal takes its residual out of clearing, and the residual is the value of its positions.
_REVALUATIONS: Final = """
SELECT v.tenant_id, 'fx_revaluations', v.id::text,
       'declares ' || v.residual_minor || ', its positions come to ' || valued.minor || ', its journal cleared '
       || coalesce(-taken.minor, 0)
FROM fx_revaluations v
CROSS JOIN LATERAL (
    SELECT sum(CASE WHEN p ->> 'rate' IS NULL THEN (p ->> 'balance_minor')::numeric
               ELSE ledger_fx_convert_v1((p ->> 'balance_minor')::numeric, (p ->> 'rate')::numeric,
                                         (p ->> 'inverted')::boolean, (p ->> 'shift')::integer) END) AS minor
    FROM jsonb_array_elements(v.positions) p
) valued
LEFT JOIN LATERAL (
    SELECT sum(p.amount_minor) AS minor FROM postings p JOIN accounts a ON a.id = p.account_id
    WHERE p.journal_id = v.journal_id AND a.role = 'FX_CLEARING' AND p.currency = v.currency
) taken ON true
WHERE %(tenant)s IN (0, v.tenant_id) AND v.business_date >= %(since)s::date
  AND (valued.minor IS DISTINCT FROM v.residual_minor OR taken.minor IS DISTINCT FROM -v.residual_minor)
"""

INVARIANTS: Final = (
    Invariant(
        "I22",
        "A settlement has both legs; clearing nets to what was declared; rates are finite and positive.",
        by_sql(_RATES, _SETTLEMENTS, _CAUSELESS, _CONVERSIONS, _REVALUATIONS),
    ),
)
