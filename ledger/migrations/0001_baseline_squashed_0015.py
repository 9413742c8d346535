from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

from ledgersafe.postgres.functions import replace_functions, run_baseline


class Migration(migrations.Migration):
    replaces = [
        ("ledger", "0001_initial"),
        ("ledger", "0002_guards"),
        ("ledger", "0003_post"),
        ("ledger", "0004_shorter_path"),
        ("ledger", "0005_reverse"),
        ("ledger", "0006_accounts"),
        ("ledger", "0008_fx"),
        ("ledger", "0009_reopening"),
        ("ledger", "0010_drawers"),
        ("ledger", "0011_transfer_alone"),
        ("ledger", "0012_plans"),
        ("ledger", "0013_rows"),
        ("ledger", "0014_awaited"),
        ("ledger", "0015_books_start"),
    ]

    initial = True

    dependencies = [
        ("tenants", "0009_books_start"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=600)),
                ("name", models.CharField(max_length=600)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("ASSET", "Asset"),
                            ("LIABILITY", "Liability"),
                            ("EQUITY", "Equity"),
                            ("REVENUE", "Revenue"),
                            ("EXPENSE", "Expense"),
                        ],
                        max_length=9,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("blocked", "Blocked"), ("closed", "Closed")],
                        default="active",
                        max_length=7,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True, help_text="Role in the posting rules, empty for own accounts.", max_length=40
                    ),
                ),
                (
                    "qualifier",
                    models.CharField(blank=True, help_text="Which drawer, processor or tax rate.", max_length=500),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="accounts", to="tenants.tenant"
                    ),
                ),
                (
                    "floor_minor",
                    models.BigIntegerField(
                        blank=True,
                        help_text="No posting may take the balance, counted on the account's normal side, below this.",
                        null=True,
                    ),
                ),
                ("metadata", models.JSONField(blank=True, db_default={}, default=dict)),
            ],
            options={
                "db_table": "accounts",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "code"), name="accounts_one_code_per_tenant"),
                    models.UniqueConstraint(
                        condition=models.Q(("role", ""), _negated=True),
                        fields=("tenant", "role", "qualifier", "currency"),
                        name="accounts_one_per_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["ASSET", "LIABILITY", "EQUITY", "REVENUE", "EXPENSE"])),
                        name="accounts_type_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["active", "blocked", "closed"])),
                        name="accounts_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="accounts_currency_shape"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Journal",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("business_date", models.DateField()),
                ("occurred_at", models.DateTimeField(help_text="When it happened, as the cause says.")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("kind", models.CharField(help_text="The event type, or REVERSAL.", max_length=32)),
                ("source", models.CharField(max_length=16)),
                ("source_key", models.CharField(max_length=200)),
                ("revision", models.SmallIntegerField(db_default=1)),
                ("external_ref", models.CharField(blank=True, db_default="", max_length=200)),
                (
                    "posting_count",
                    models.SmallIntegerField(help_text="Sealed with the journal; postings never change."),
                ),
                ("rules_version", models.PositiveSmallIntegerField()),
                (
                    "is_late",
                    models.BooleanField(db_default=False, help_text="Posted into a later day: its own was closed."),
                ),
                (
                    "reverses",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
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
                "db_table": "journals",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reverses__isnull", True)),
                        fields=("tenant", "source", "source_key", "revision"),
                        name="journals_one_effective_per_key",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reverses__isnull", False)),
                        fields=("tenant", "reverses"),
                        name="journals_reversed_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("posting_count__gte", 2)), name="journals_two_postings"),
                    models.CheckConstraint(condition=models.Q(("revision__gte", 1)), name="journals_revision_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reverses__isnull", True),
                            models.Q(("reverses", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="journals_never_reverse_themselves",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Period",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("business_date", models.DateField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=6),
                ),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="periods", to="tenants.tenant"
                    ),
                ),
                ("reopened_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "periods",
                "verbose_name": "business day",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "business_date"), name="periods_one_per_day"),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="periods_end_after_start"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("status", "open")),
                            models.Q(("closed_at__isnull", False), ("status", "closed")),
                            _connector="OR",
                        ),
                        name="periods_closed_has_instant",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FxRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("base", models.CharField(max_length=3)),
                ("quote", models.CharField(max_length=3)),
                ("rate", models.DecimalField(decimal_places=18, max_digits=30)),
                ("valid_from", models.DateTimeField()),
                ("version", models.PositiveIntegerField(db_default=1)),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "API"), ("csv", "CSV file"), ("admin", "Back office")], max_length=5
                    ),
                ),
                ("actor", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "verbose_name": "FX rate",
                "db_table": "fx_rates",
                "permissions": [("quote_fxrate", "Can record FX rates")],
                "indexes": [models.Index(fields=["tenant", "id"], name="fx_rates_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "base", "quote", "valid_from", "version"), name="fx_rates_one_per_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0), ("rate__lt", Decimal("1000000000000"))),
                        name="fx_rates_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base", models.F("quote")), _negated=True), name="fx_rates_two_currencies"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base__regex", "^[A-Z]{3}$"), ("quote__regex", "^[A-Z]{3}$")),
                        name="fx_rates_pair_shape",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["api", "csv", "admin"])), name="fx_rates_source_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_id", models.CharField(max_length=200)),
                ("currency", models.CharField(max_length=3)),
                ("sold_minor", models.BigIntegerField(db_default=0)),
                ("refunded_minor", models.BigIntegerField(db_default=0)),
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
                "db_table": "order_totals",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "order_id", "currency"), name="order_totals_one_per_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("refunded_minor__lte", models.F("sold_minor"))),
                        name="order_totals_refunds_within_sales",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BalanceSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("business_date", models.DateField()),
                ("balance_minor", models.BigIntegerField()),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="ledger.account")),
                ("tenant", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant")),
                ("revision", models.PositiveSmallIntegerField(db_default=1)),
            ],
            options={
                "db_table": "balance_snapshots",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "account", "business_date", "revision"),
                        name="balance_snapshots_one_per_close",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("line_no", models.PositiveSmallIntegerField()),
                ("business_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
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
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
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
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journal", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "db_table": "postings",
                "indexes": [
                    models.Index(
                        fields=["tenant", "account", "business_date"],
                        include=("amount_minor",),
                        name="postings_by_account_date",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="postings_never_zero"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("changed_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=200)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="ledger.account",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant"),
                ),
            ],
            options={
                "db_table": "account_versions",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "account", "version"), name="account_versions_one_per_number"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.CharField(help_text="As the client says, or the principal.", max_length=200)),
                ("idempotency_key", models.CharField(max_length=200)),
                ("fingerprint", models.BinaryField(help_text="SHA-256 of the canonical request.", max_length=32)),
                ("actor", models.CharField(max_length=200)),
                ("memo", models.TextField(blank=True, db_default="")),
                ("metadata", models.JSONField(db_default={}, default=dict)),
                ("entry_memos", models.JSONField(db_default=[], default=list, help_text="A text or null per line.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
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
                "db_table": "transfers",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "client_id", "idempotency_key"), name="transfers_one_per_idempotency_key"
                    ),
                    models.UniqueConstraint(fields=("tenant", "journal"), name="transfers_one_per_journal"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FxConversion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rate_value", models.DecimalField(decimal_places=18, max_digits=30)),
                (
                    "inverted",
                    models.BooleanField(help_text="The rate is of the opposite pair: the amount was divided by it."),
                ),
                ("source_currency", models.CharField(max_length=3)),
                ("target_currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("converted_minor", models.BigIntegerField()),
                (
                    "shift",
                    models.SmallIntegerField(help_text="Decimals of the target currency less those of the source."),
                ),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversions",
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
                (
                    "rate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.fxrate",
                    ),
                ),
            ],
            options={
                "verbose_name": "FX conversion",
                "db_table": "fx_conversions",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "journal", "source_currency"), name="fx_conversions_one_per_currency"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("converted_minor__gte", 0)),
                        name="fx_conversions_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source_currency", models.F("target_currency")), _negated=True),
                        name="fx_conversions_two_currencies",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FxRevaluation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("business_date", models.DateField()),
                ("number", models.PositiveSmallIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("residual_minor", models.BigIntegerField(help_text="Debit positive: a loss.")),
                ("positions", models.JSONField()),
                ("actor", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "verbose_name": "FX revaluation",
                "db_table": "fx_revaluations",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "business_date", "number"), name="fx_revaluations_one_per_number"
                    ),
                    models.UniqueConstraint(fields=("tenant", "journal"), name="fx_revaluations_one_per_journal"),
                    models.CheckConstraint(
                        condition=models.Q(("residual_minor", 0), _negated=True), name="fx_revaluations_never_zero"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FxSettlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rate_value", models.DecimalField(decimal_places=18, max_digits=30)),
                (
                    "inverted",
                    models.BooleanField(help_text="The rate is of the opposite pair: the amount was divided by it."),
                ),
                ("source_currency", models.CharField(max_length=3)),
                ("target_currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("converted_minor", models.BigIntegerField()),
                (
                    "shift",
                    models.SmallIntegerField(help_text="Decimals of the target currency less those of the source."),
                ),
                ("client_id", models.CharField(help_text="As the client says, or the principal.", max_length=200)),
                ("idempotency_key", models.CharField(max_length=200)),
                ("fingerprint", models.BinaryField(help_text="SHA-256 of the canonical request.", max_length=32)),
                ("business_date", models.DateField()),
                ("as_of", models.DateTimeField(help_text="Whose rate was taken.")),
                ("actor", models.CharField(max_length=200)),
                ("memo", models.TextField(blank=True, db_default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "from_account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.account",
                    ),
                ),
                (
                    "rate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.fxrate",
                    ),
                ),
                (
                    "source_journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.journal",
                    ),
                ),
                (
                    "target_journal",
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
                (
                    "to_account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "FX settlement",
                "db_table": "fx_settlements",
                "indexes": [models.Index(fields=["tenant", "id"], name="fx_settlements_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "client_id", "idempotency_key"), name="fx_settlements_one_per_idempotency_key"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "source_journal"), name="fx_settlements_one_per_source_journal"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "target_journal"), name="fx_settlements_one_per_target_journal"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("converted_minor__gt", 0)),
                        name="fx_settlements_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source_currency", models.F("target_currency")), _negated=True),
                        name="fx_settlements_two_currencies",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reopening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("closed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("reopened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "period",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reopenings",
                        to="ledger.period",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant"),
                ),
            ],
            options={
                "db_table": "period_reopenings",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "period", "closed_at"), name="period_reopenings_one_per_close"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("actor", ""), _negated=True), ("reason__regex", "\\S")),
                        name="period_reopenings_say_who_and_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Drawer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("RECONCILING", "Reconciling"), ("CLOSED", "Closed")],
                        default="OPEN",
                        max_length=11,
                    ),
                ),
                ("starting_cash_minor", models.BigIntegerField(help_text="The float, counted.")),
                ("is_blind", models.BooleanField(default=False, help_text="Who counts is not told what is expected.")),
                ("expected_cash_minor", models.BigIntegerField(help_text="Frozen at the close.", null=True)),
                ("actual_cash_minor", models.BigIntegerField(help_text="The last count.", null=True)),
                ("variance_minor", models.BigIntegerField(help_text="Actual less expected.", null=True)),
                (
                    "denominations",
                    models.JSONField(help_text="Pieces by face value in minor units, of the last count.", null=True),
                ),
                ("notes", models.TextField(blank=True, default="")),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("opened_by", models.CharField(max_length=200)),
                ("counted_at", models.DateTimeField(null=True)),
                ("counted_by", models.CharField(blank=True, default="", max_length=200)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, default="", max_length=200)),
                (
                    "z_number",
                    models.PositiveIntegerField(help_text="Closed drawers of a register count up from one.", null=True),
                ),
                (
                    "grand_total_minor",
                    models.BigIntegerField(
                        help_text="Sales less refunds of the register, through this drawer, of all its closed drawers.",
                        null=True,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.account"),
                ),
                (
                    "register",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.register"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.store"),
                ),
                (
                    "tenant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant"),
                ),
            ],
            options={
                "db_table": "pos_ledgers",
                "permissions": [
                    ("operate_drawer", "Can open, count and close drawers"),
                    ("approve_drawer", "Can close drawers above the variance limit, and see what a blind count hides"),
                ],
                "indexes": [
                    models.Index(
                        models.F("tenant"),
                        models.F("account"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="pos_ledgers_by_account",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "CLOSED"), _negated=True),
                        fields=("tenant", "register"),
                        name="pos_ledgers_one_open_per_register",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "register", "z_number"), name="pos_ledgers_one_per_z_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["OPEN", "RECONCILING", "CLOSED"])),
                        name="pos_ledgers_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starting_cash_minor__gte", 0),
                            models.Q(
                                ("actual_cash_minor__isnull", True), ("actual_cash_minor__gte", 0), _connector="OR"
                            ),
                        ),
                        name="pos_ledgers_cash_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("actual_cash_minor__isnull", False),
                                ("closed_at__isnull", False),
                                ("expected_cash_minor__isnull", False),
                                ("grand_total_minor__isnull", False),
                                ("status", "CLOSED"),
                                ("variance_minor__isnull", False),
                                ("z_number__isnull", False),
                                models.Q(("closed_by", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "CLOSED"), _negated=True),
                                ("closed_at__isnull", True),
                                ("expected_cash_minor__isnull", True),
                                ("grand_total_minor__isnull", True),
                                ("variance_minor__isnull", True),
                                ("z_number__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="pos_ledgers_figures_when_closed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("variance_minor__isnull", True),
                            (
                                "variance_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("actual_cash_minor"), "-", models.F("expected_cash_minor")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="pos_ledgers_figures_agree",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "OPEN"),
                            models.Q(("actual_cash_minor__isnull", False), ("counted_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="pos_ledgers_counted",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FinancialTransaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("SALE", "Sale"),
                            ("REFUND", "Refund"),
                            ("PAYOUT", "Payout"),
                            ("CASH_IN", "Cash In"),
                            ("CASH_OUT", "Cash Out"),
                            ("DROP", "Drop into the safe"),
                            ("CORRECTION", "Reversal or correction"),
                            ("FLOAT", "Starting cash"),
                            ("OVER_SHORT", "Over/short"),
                            ("EMPTIED", "Counted cash into the safe"),
                            ("ADJUSTMENT", "Adjustment after the close"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("CASH", "Cash"), ("CARD", "Card"), ("EXTERNAL", "External")], max_length=8
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField(help_text="Above zero; the type gives the direction.")),
                (
                    "cash_minor",
                    models.BigIntegerField(help_text="What it brought into the drawer; zero of what is no cash."),
                ),
                ("order_id", models.CharField(db_default="", max_length=200)),
                ("external_reference", models.CharField(db_default="", max_length=200)),
                (
                    "actor",
                    models.CharField(
                        db_default="", help_text="Whose command it was; empty: a posting's.", max_length=200
                    ),
                ),
                (
                    "is_late",
                    models.BooleanField(
                        db_default=False, help_text="Cash that was posted after the drawer was closed."
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "adjusts",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjusted_by",
                        to="ledger.financialtransaction",
                    ),
                ),
                (
                    "drawer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="ledger.drawer",
                    ),
                ),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="flows",
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
                "db_table": "financial_transactions",
                "indexes": [
                    models.Index(
                        condition=models.Q(("order_id", ""), _negated=True),
                        fields=["tenant", "order_id"],
                        name="financial_transactions_order",
                    ),
                    models.Index(
                        condition=models.Q(("is_late", True)),
                        fields=["tenant", "drawer"],
                        name="financial_transactions_late",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "drawer", "journal"), name="financial_transactions_one_per_journal"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("adjusts__isnull", False)),
                        fields=("tenant", "adjusts"),
                        name="financial_transactions_adjusted_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="financial_transactions_amount_positive"
                    ),
                ],
            },
        ),
        replace_functions(
            __file__,
            "ledger_account_facts_v1",
            "ledger_accounts_guard_v2",
            "ledger_accounts_history_v1",
            "ledger_await_posters_v1",
            "ledger_awaiting_v1",
            "ledger_balance_v1",
            "ledger_change_accounts_v1",
            "ledger_count_order_v1",
            "ledger_day_lock_v1",
            "ledger_drawer_lock_v1",
            "ledger_drawers_guard_v1",
            "ledger_drawers_kept_v1",
            "ledger_flow_type_v1",
            "ledger_flows_agree_v1",
            "ledger_flows_guard_v1",
            "ledger_fx_conversions_guard_v1",
            "ledger_fx_convert_v1",
            "ledger_fx_fault_v1",
            "ledger_fx_leg_stands_v1",
            "ledger_fx_rates_guard_v1",
            "ledger_fx_revaluations_guard_v1",
            "ledger_fx_settle_v1",
            "ledger_fx_settlements_guard_v1",
            "ledger_journals_complete_v2",
            "ledger_journals_guard_v2",
            "ledger_known_transfers_v1",
            "ledger_lock_drawer_v1",
            "ledger_normal_side_v1",
            "ledger_periods_guard_v3",
            "ledger_periods_inserted_v1",
            "ledger_post_new_v1",
            "ledger_post_rows_v1",
            "ledger_post_v1",
            "ledger_postings_guard_v4",
            "ledger_put_rates_v1",
            "ledger_refuse_v1",
            "ledger_reopenings_guard_v1",
            "ledger_reopenings_open_v1",
            "ledger_reverse_v1",
            "ledger_share_drawer_v1",
            "ledger_share_open_day_v1",
            "ledger_tenants_guard_v2",
            "ledger_transact_v1",
            "ledger_transfer_alone_v1",
            "ledger_transfer_v1",
        ),
        run_baseline(__file__),
    ]
