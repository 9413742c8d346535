"""Every reference between tenant tables, from the models, so that a new one is checked from its first day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Field, Model

from ledgersafe.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a row of another table. `dangling`: naming no row at all is a violation here.

    `key` and `target_key` are columns, with commas when there are several.
    """

    table: str
    key: str
    column: str
    target: str
    target_key: str = "id"
    since_column: str | None = None
    dangling: bool = True


def tenant_models() -> list[type[Model]]:
    """Return the models whose rows belong to a tenant, by table name."""
    models = [model for model in apps.get_models() if _tenant_field(model) is not None]
    return sorted(models, key=lambda model: model._meta.db_table)


def since_column(model: type[Model]) -> str | None:
    """Name the column that `--since` bounds: the business day in the books, the arrival of what was received."""
    names = {column.name for column in model._meta.concrete_fields}
    return next((name for name in ("business_date", "received_at") if name in names), None)


def tenant_references() -> Iterator[Reference]:
    """List every foreign key column between tenant tables, with or without a database constraint."""
    for model in tenant_models():
        for column in model._meta.concrete_fields:
            target = column.related_model
            if isinstance(target, type) and issubclass(target, Model) and _tenant_field(target) is not None:
                yield Reference(
                    table=model._meta.db_table,
                    key=row_key_of(model),
                    column=str(column.column),
                    target=target._meta.db_table,
                    target_key=row_key_of(target),
                    since_column=since_column(model),
                )


def disagreements(references: Iterable[Reference]) -> str:
    """Build one statement that selects rows whose tenant differs from that of a row they refer to.

    A tenant id without a tenant counts too.
    """
    parts = [_tenant_exists(model) for model in tenant_models()]
    return "\nUNION ALL ".join(parts + [_tenant_agrees(reference) for reference in references])


def _tenant_exists(model: type[Model]) -> str:
    table = model._meta.db_table
    return f"""
    SELECT x.tenant_id, '{table}', {row_name(row_key_of(model))}, 'tenant ' || x.tenant_id || ' does not exist'
    FROM {table} x LEFT JOIN tenants t ON t.id = x.tenant_id
    WHERE t.id IS NULL AND %(tenant)s IN (0, x.tenant_id){_since(since_column(model))}"""  # noqa: S608  names from our own models


def _tenant_agrees(reference: Reference) -> str:
    column, target = reference.column, reference.target
    return f"""
    SELECT x.tenant_id, '{reference.table}', {row_name(reference.key)},
           '{column} ' || x.{column} || coalesce(' is of tenant ' || y.tenant_id, ' names no row of {target}')
    FROM {reference.table} x
    {"LEFT" if reference.dangling else ""} JOIN {target} y ON y.{reference.target_key} = x.{column}
    WHERE x.{column} IS NOT NULL AND y.tenant_id IS DISTINCT FROM x.tenant_id
      AND %(tenant)s IN (0, x.tenant_id){_since(reference.since_column)}"""  # noqa: S608  names from our own models


def _since(column: str | None) -> str:
    return f" AND x.{column} >= %(since)s::date" if column else ""


def row_key_of(model: type[Model]) -> str:
    """Name the columns of a model's primary key, separated by commas."""
    return ", ".join(str(field.column) for field in model._meta.pk_fields)


def row_name(key: str) -> str:
    """Build SQL text that names row `x` by its key (`7/1` if there are several columns)."""
    return " || '/' || ".join(f"x.{column}::text" for column in key.split(", "))


def _tenant_field(model: type[Model]) -> "Field[object, object] | None":
    columns = model._meta.concrete_fields
    return next((column for column in columns if column.name == "tenant" and column.related_model is Tenant), None)
