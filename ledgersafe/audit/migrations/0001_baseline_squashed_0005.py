import datetime

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from ledgersafe.postgres.functions import replace_functions, run_baseline


class Migration(migrations.Migration):
    replaces = [
        ("audit", "0001_initial"),
        ("audit", "0002_guards"),
        ("audit", "0003_chain"),
        ("audit", "0004_sealing"),
        ("audit", "0005_instants"),
    ]

    initial = True

    dependencies = [
        ("tenants", "0004_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "actor",
                    models.CharField(help_text="`key:<prefix>`, `user:<name>`, `system:<command>`.", max_length=200),
                ),
                ("action", models.CharField(help_text="app.noun.verbed", max_length=100)),
                ("object_type", models.CharField(max_length=50)),
                ("object_id", models.CharField(max_length=200)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("notes", models.TextField(blank=True, db_default="")),
                ("request_id", models.CharField(blank=True, db_default="", max_length=64)),
                ("tenant", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant")),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "db_table": "audit_log",
                "indexes": [models.Index(fields=["tenant", "at"], name="audit_log_by_tenant_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("at__lt", datetime.datetime(2200, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        name="audit_log_instant_plausible",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(help_text="1, 2, 3 … per tenant.")),
                ("first_entry_id", models.BigIntegerField(help_text="The lowest id sealed in it.")),
                (
                    "last_entry_id",
                    models.BigIntegerField(help_text="The highest id sealed in it; other blocks may hold ids between."),
                ),
                ("entry_count", models.BigIntegerField()),
                ("chain_length", models.BigIntegerField(help_text="Entries of this block and all before it.")),
                ("entries_sha256", models.BinaryField(help_text="SHA-256 of its seals, in their order.")),
                ("previous_sha256", models.BinaryField(help_text="The block before; zeros in the first.")),
                ("block_sha256", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
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
                "db_table": "audit_blocks",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "number"), name="audit_blocks_one_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="audit_blocks_numbered_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("entry_count__gte", 1)), name="audit_blocks_never_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="seal",
                        serialize=False,
                        to="audit.auditentry",
                    ),
                ),
                ("position", models.BigIntegerField(help_text="1, 2, 3 … within the block.")),
                ("sha256", models.BinaryField()),
                (
                    "block",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seals",
                        to="audit.auditblock",
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
                "db_table": "audit_seals",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "block", "position"), name="audit_seals_one_per_position")
                ],
            },
        ),
        replace_functions(
            __file__,
            "audit_block_sha256_v1",
            "audit_blocks_guard_v1",
            "audit_entry_sha256_v1",
            "audit_seal_v1",
            "audit_seals_guard_v1",
        ),
        run_baseline(__file__),
    ]
