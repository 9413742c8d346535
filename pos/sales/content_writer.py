"""Write lines, tenders and taxes of headers: a batch in one call, or one by one if the batch is refused."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, transaction

from ledgersafe.postgres.db import RETRYABLE, as_jsonb, call, is_unavailable, sqlstate
from pos.sales.content_reader import HeaderContent

logger = logging.getLogger(__name__)


def keep(tenant_id: int, contents: Sequence[HeaderContent], day: str | None = None, before: str | None = None) -> None:
    """Write the contents together with the mark of their day; operation.

    If Postgres refuses the batch, each header is written in a savepoint of its own: one does not stop the others.

    :param day: the business day whose mark moves to `before`; None moves no mark.
    :raises django.db.DatabaseError: unavailable, or to be retried by the use case.
    """
    try:
        with transaction.atomic():
            call("pos_keep_content_v1", tenant_id, as_jsonb(_rows(contents)), day, before)
        return
    except DatabaseError as error:
        if is_unavailable(error) or sqlstate(error) in RETRYABLE:
            raise
        logger.warning("What was sold is kept one by one: %s", error)
    kept = [_keep_alone(tenant_id, one) for one in contents]
    if before is not None:
        call("pos_keep_content_v1", tenant_id, as_jsonb(_rows(kept, again=False)), day, before)


def _keep_alone(tenant_id: int, one: HeaderContent) -> HeaderContent:
    try:
        with transaction.atomic():
            call("pos_keep_content_v1", tenant_id, as_jsonb(_rows([one])), None, None)
        return one
    except DatabaseError as error:
        if is_unavailable(error) or sqlstate(error) in RETRYABLE:
            raise
        failed = HeaderContent(one.journal_id, None, f"Postgres refuses its rows: {str(error).splitlines()[0]}")
    call("pos_keep_content_v1", tenant_id, as_jsonb(_rows([failed])), None, None)
    return failed


def _rows(contents: Sequence[HeaderContent], *, again: bool = True) -> dict[str, list[Any]]:
    """Build the JSON argument of `pos_keep_content_v1`.

    :param again: include the rows; False lists only which headers were written and which failed.
    """
    rows: dict[str, list[Any]] = {"of": [], "lines": [], "tenders": [], "taxes": [], "failed": []}
    for one in contents:
        journal, content = one.journal_id, one.content
        if content is None:
            rows["failed"].append({"j": journal, "why": one.failure})
            continue
        rows["of"].append(journal)
        if not again:
            continue
        rows["lines"] += (
            {"j": journal, "n": number, "sku": line.sku, "cat": line.category, "id": line.line_id,
             "q": str(line.quantity), "a": line.amount_minor, "back": content.is_return}
            for number, line in enumerate(content.lines, 1)
        )  # fmt: skip
        rows["tenders"] += (
            {"j": journal, "n": number, "m": tender.method, "p": tender.processor, "c": tender.currency,
             "a": tender.amount_minor, "ref": tender.reference}
            for number, tender in enumerate(content.tenders, 1)
        )  # fmt: skip
        rows["taxes"] += (
            {"j": journal, "n": number, "code": tax.code, "rate": tax.rate, "in": tax.inclusive, "a": tax.amount_minor}
            for number, tax in enumerate(content.taxes, 1)
        )
    return rows
