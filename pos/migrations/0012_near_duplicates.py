import django.db.models.deletion
from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0011_sale_content"),
        ("tenants", "0007_near_duplicates"),
    ]

    operations = [
        migrations.CreateModel(
            name="EventBasket",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant", "event_key", blank=True, editable=False, primary_key=True, serialize=False
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
                ("event_key", models.CharField(max_length=200)),
                (
                    "basket",
                    models.BinaryField(help_text="SHA-256 of place, total, lines and tenders.", max_length=32),
                ),
                ("occurred_at", models.DateTimeField()),
            ],
            options={
                "db_table": "event_baskets",
                "indexes": [
                    models.Index(fields=["tenant", "basket", "occurred_at"], name="event_baskets_by_basket"),
                ],
            },
        ),
        run_sql(__file__, "0012_near_duplicates"),
    ]
