import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from ledgersafe.postgres.functions import replace_functions, run_baseline


class Migration(migrations.Migration):
    replaces = [
        ("recon", "0001_initial"),
        ("recon", "0002_guards"),
        ("recon", "0003_reopening"),
        ("recon", "0004_empty_days"),
    ]

    initial = True

    dependencies = [
        ("exceptions", "0004_resolve"),
        ("ledger", "0009_reopening"),
        ("tenants", "0004_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayClose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("business_date", models.DateField()),
                ("actor", models.CharField(max_length=200)),
                ("forced", models.BooleanField(default=False)),
                ("notes", models.TextField(blank=True)),
                ("accounts", models.PositiveIntegerField(help_text="Accounts whose balance was kept.")),
                (
                    "open_exceptions",
                    models.PositiveIntegerField(help_text="Held events of the day nobody had decided."),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="closes", to="ledger.period"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant"),
                ),
                (
                    "closed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="The day's, as its trigger set it.",
                    ),
                ),
                (
                    "layout",
                    models.PositiveSmallIntegerField(
                        db_default=1, help_text="How its pack is made up: see packs.LAYOUT."
                    ),
                ),
                ("revision", models.PositiveSmallIntegerField(db_default=1)),
                (
                    "covered_by",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Of a day nobody sold on: the close of the day it was closed with.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covers",
                        to="recon.dayclose",
                    ),
                ),
            ],
            options={
                "db_table": "day_closes",
                "permissions": [
                    ("close_period", "Can close business days"),
                    ("reopen_period", "Can open closed business days again"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("actor", ""), _negated=True), name="day_closes_say_who"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("forced", False), ("open_exceptions", 0)),
                            models.Q(("forced", True), models.Q(("notes", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="day_closes_forced_say_why",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "business_date", "revision"), name="day_closes_one_per_revision"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayCloseAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.TextField()),
                ("name", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="ledger.account",
                    ),
                ),
                (
                    "close",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chart",
                        to="recon.dayclose",
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
                "db_table": "day_close_accounts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "close", "account"), name="day_close_accounts_one_per_account"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DayCloseException",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("idempotency_key", models.TextField()),
                ("store_code", models.TextField(blank=True)),
                ("reason_code", models.TextField()),
                ("status", models.CharField(max_length=8)),
                ("amount_at_risk_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("created_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolution_action", models.TextField(blank=True)),
                ("resolution_actor", models.TextField(blank=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exceptions.exceptioncase",
                    ),
                ),
                (
                    "close",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="held",
                        to="recon.dayclose",
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
                "db_table": "day_close_exceptions",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "close", "case"), name="day_close_exceptions_one_per_case"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DayPack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("files", models.JSONField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "close",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="packs",
                        to="recon.dayclose",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant"),
                ),
            ],
            options={
                "db_table": "day_packs",
                "constraints": [models.UniqueConstraint(fields=("tenant", "close"), name="day_packs_one_per_close")],
            },
        ),
        replace_functions(
            __file__,
            "recon_day_close_parts_guard_v1",
            "recon_day_closes_guard_v3",
        ),
        run_baseline(__file__),
    ]
