import django.db.models.deletion
from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0013_rows"),
        ("pos", "0019_no_fault"),
        ("tenants", "0007_near_duplicates"),
    ]

    operations = [
        migrations.CreateModel(
            name="SaleTenderReference",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journal", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line_no", models.PositiveSmallIntegerField()),
                ("reference", models.CharField(max_length=200)),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.journal",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "sale_tender_references",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        name="sale_tender_references_say_something",
                    )
                ],
            },
        ),
        run_sql(__file__, "0020_tender_references"),
    ]
