import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from ledgersafe.postgres.functions import replace_functions, run_baseline


class Migration(migrations.Migration):
    replaces = [("idempotency", "0001_initial"), ("idempotency", "0002_guards"), ("idempotency", "0003_principals")]

    initial = True

    dependencies = [
        ("tenants", "0008_lineage"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("principal", models.CharField(help_text="Whose key it is: `key:<id>` or `user:<id>`.", max_length=50)),
                ("key", models.CharField(max_length=200)),
                (
                    "fingerprint",
                    models.BinaryField(help_text="SHA-256 of method, path, principal and body.", max_length=32),
                ),
                ("command", models.CharField(help_text="Method and path, for people.", max_length=300)),
                ("status", models.PositiveSmallIntegerField()),
                ("media_type", models.CharField(max_length=100)),
                ("body", models.BinaryField(help_text="The answer, byte for byte.")),
                ("actor", models.CharField(help_text="As the audit trail names the principal.", max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "verbose_name": "answered command",
                "db_table": "idempotency_keys",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "principal", "key"), name="idempotency_keys_one_per_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__gte", 200), ("status__lt", 300)), ("status", 422), _connector="OR"
                        ),
                        name="idempotency_keys_storable_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True), name="idempotency_keys_key_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("fingerprint"), 32
                        ),
                        name="idempotency_keys_fingerprint_whole",
                    ),
                ],
            },
        ),
        replace_functions(
            __file__,
            "idempotency_books_v1",
            "idempotency_claim_v1",
            "idempotency_keep_v1",
            "idempotency_keys_guard_v1",
        ),
        run_baseline(__file__),
    ]
