"""Check that no card number stands in any kept body or text column (I40).

Rows are streamed one at a time, and only suspicious ones leave the database.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from django.db.models import CharField, JSONField, Model, TextField

from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation
from ledgersafe.tenants.references import row_key_of, row_name, since_column, tenant_models
from ledgersafe.values import card_numbers, exact_json
from ledgersafe.values.exact_json import UnreadableBody

_BODIES: Final = """
SELECT r.tenant_id, r.id, r.raw_body FROM events_raw r
WHERE %(tenant)s IN (0, r.tenant_id) AND r.received_at >= %(since)s::date
"""
#: How any card number begins; rows without a match do not leave the database.
_SUSPICIOUS: Final = r"[2-6][0-9]{3}[ -]?[0-9]{4}|3[0-9]{3}[ -][0-9]{6}"
_ESCAPE: Final = re.compile(r"\\(?:u00([0-9a-fA-F]{2})|([bfnrt])|(.))", re.DOTALL)


def _no_card_numbers(snapshot: Snapshot) -> Iterator[Violation]:
    for tenant_id, raw_id, body in snapshot.rows(_BODIES):
        if _holds_pan(bytes(body).decode("utf-8", "replace")):
            yield Violation(tenant_id, "events_raw", str(raw_id), "raw_body holds a card number")
    for model in tenant_models():
        yield from _columns_without_card_numbers(model, snapshot)


def _columns_without_card_numbers(model: type[Model], snapshot: Snapshot) -> Iterator[Violation]:
    columns, statement = _texts_of(model)
    if not columns:
        return
    for tenant_id, row, *values in snapshot.rows(statement, suspicious=_SUSPICIOUS):
        for column, value in zip(columns, values, strict=True):
            if value is not None and _holds_pan(value):
                yield Violation(tenant_id, model._meta.db_table, row, f"{column} holds a card number")


@cache
def _texts_of(model: type[Model]) -> tuple[list[str], str]:
    """Return the text columns of a table, and the statement that reads them from suspicious rows."""
    columns = [str(c.column) for c in model._meta.concrete_fields if isinstance(c, CharField | TextField | JSONField)]
    table, since = model._meta.db_table, since_column(model)
    texts = ", ".join(f"x.{column}::text" for column in columns)
    statement = f"""
        SELECT x.tenant_id, {row_name(row_key_of(model))}, {texts} FROM {table} x
        WHERE %(tenant)s IN (0, x.tenant_id) AND concat_ws(E'\\n', {texts}) ~ %(suspicious)s
        {f"AND x.{since} >= %(since)s::date" if since else ""}"""  # noqa: S608  names from our own models
    return columns, statement


def _holds_pan(text: str) -> bool:
    """Tell whether a text holds a card number: also behind JSON escapes, as a decimal, or with an exponent."""
    if card_numbers.contains_pan(text):
        return True
    if "\\" in text and card_numbers.contains_pan(_ESCAPE.sub(_unescaped, text)):
        return True
    try:
        value = exact_json.parse_object(text)
    except UnreadableBody:
        return False
    return card_numbers.contains_pan(exact_json.canonical_text(value))


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "\n" if escape[2] else escape[3]


INVARIANTS: Final = (Invariant("I40", "No card number stands in any column.", _no_card_numbers),)
