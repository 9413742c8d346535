"""The figures of sales have one order: that of Python, of the tables, and of every SQL function that goes by place."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings
from django.db import connection, models

from pos.api.report_serializers import AMOUNTS, COUNTS, RATES
from pos.models import DailySales, Sale
from pos.models.figures import Figures
from pos.reports import SUMS, TENDERS

#: The columns before the figures.
HEAD: Final = {"sales": "is_late", "daily_sales": "currency"}
INSERT = re.compile(r"INSERT INTO sales \((.*?)\)(.*?);", re.DOTALL)


def query(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def columns_of(table: str) -> list[str]:
    """Columns after the head, as the database has them."""
    rows = query(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        table,
    )
    names = [name for (name,) in rows]
    return names[names.index(HEAD[table]) + 1 :]


def functions_with(text: str) -> dict[str, str]:
    """Current functions that have the text, by name."""
    return dict(query("SELECT proname, prosrc FROM pg_proc WHERE strpos(prosrc, %s) > 0 ORDER BY 1", text))


@pytest.mark.parametrize(("model", "figures"), [(Sale, Figures._fields), (DailySales, SUMS)])
def test_tables_and_models_have_the_figures_in_their_order(
    books: None, model: type[models.Model], figures: tuple[str, ...]
) -> None:
    table = model._meta.db_table
    assert tuple(columns_of(table)[: len(figures)]) == figures
    assert not [name for name in columns_of(table)[len(figures) :] if name.endswith(("_minor", "_count"))]
    fields = [str(field.column) for field in model._meta.concrete_fields]
    after = fields.index(HEAD[table]) + 1
    assert tuple(fields[after : after + len(figures)]) == figures


def test_a_day_has_the_amounts_of_its_sales_and_what_moved_in_cash() -> None:
    amounts = [name for name in Figures._fields if name.endswith("_minor")]
    assert [name for name in SUMS if name.endswith("_minor")] == [*amounts, "moved_cash_minor"]
    assert [name for name in amounts if name in TENDERS.values()] == list(TENDERS.values())


def test_functions_write_headers_in_the_order_of_the_figures(books: None) -> None:
    """By place (`f[1] … f[18]`), or by name when they turn a header round."""
    writing = functions_with("INSERT INTO sales (")
    assert len(writing) >= 5
    for name, source in writing.items():
        for columns, values in INSERT.findall(source):
            listed = [column.strip() for column in columns.split(",")]
            assert tuple(listed[listed.index("is_late") + 1 :]) == Figures._fields, name
            places = re.findall(r"(?:\bf|p_figures\[d\.place\])\[(\d+)\]", values)
            if places:
                assert [int(place) for place in places] == list(range(1, len(Figures._fields) + 1)), name
            else:
                assert tuple(re.findall(r"-\s*\w+\.(\w+)", values)) == Figures._fields, name


def test_an_original_is_read_back_in_the_order_of_the_figures(books: None) -> None:
    (source,) = functions_with("s.sign, s.sales_count, s.returns_count").values()
    (listed,) = re.findall(r"json_build_array\(\s*(s\.sign, .*?)\)", source, re.DOTALL)
    assert tuple(name.strip().removeprefix("s.") for name in listed.split(",")) == Figures._fields


def test_the_report_adds_up_in_the_order_of_the_figures(books: None) -> None:
    (source,) = functions_with("sum(x.facts_count)").values()
    assert tuple(re.findall(r"sum\(x\.(\w+)\)::bigint", source)) == SUMS


def test_the_document_defines_every_figure_of_the_report() -> None:
    text = (Path(settings.BASE_DIR) / "docs/kpis.md").read_text()
    table = text[text.index("| figure | what it is | rounding |") : text.index("\n## Articles")]
    defined = [
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)
    ]
    assert sorted(defined) == sorted([*AMOUNTS, *COUNTS, *RATES, "tenders.*"])
