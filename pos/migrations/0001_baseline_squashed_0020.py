import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.lookups
from django.db import migrations, models

from ledgersafe.postgres.functions import replace_functions, run_baseline


class Migration(migrations.Migration):
    replaces = [
        ("pos", "0001_initial"),
        ("pos", "0002_gate"),
        ("pos", "0003_shorter_path"),
        ("pos", "0004_decisions"),
        ("pos", "0005_decide"),
        ("pos", "0006_silver"),
        ("pos", "0007_silver_paths"),
        ("pos", "0008_gold"),
        ("pos", "0009_gold_roll_up"),
        ("pos", "0010_devices"),
        ("pos", "0011_sale_content"),
        ("pos", "0012_near_duplicates"),
        ("pos", "0013_references_guard"),
        ("pos", "0014_plans"),
        ("pos", "0015_originals"),
        ("pos", "0016_columns"),
        ("pos", "0017_original_locks"),
        ("pos", "0019_no_fault"),
        ("pos", "0020_tender_references"),
    ]

    initial = True

    dependencies = [
        ("audit", "0002_guards"),
        ("exceptions", "0004_resolve"),
        ("ledger", "0013_rows"),
        ("tenants", "0007_near_duplicates"),
    ]

    operations = [
        migrations.CreateModel(
            name="RawEvent",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
                ("raw_body", models.BinaryField()),
                (
                    "raw_sha256",
                    models.BinaryField(help_text="Of raw_body; null when redacted.", max_length=32, null=True),
                ),
                (
                    "redacted_mac",
                    models.BinaryField(help_text="HMAC-SHA-256 of the unmasked body.", max_length=32, null=True),
                ),
                ("raw_length", models.PositiveIntegerField(help_text="Bytes received.")),
                ("headers", models.JSONField(default=dict)),
                ("request_id", models.CharField(blank=True, db_default="", max_length=64)),
                (
                    "payload_sha256",
                    models.BinaryField(help_text="Fingerprint of the parsed value.", max_length=32, null=True),
                ),
                ("event_id", models.CharField(max_length=200, null=True)),
                ("schema_version", models.CharField(max_length=200, null=True)),
                ("store_code", models.CharField(max_length=200, null=True)),
                ("source_system", models.CharField(max_length=200, null=True)),
                ("source_event_id", models.CharField(max_length=200, null=True)),
                ("event_type", models.CharField(max_length=200, null=True)),
                ("txn_id", models.CharField(max_length=200, null=True)),
                ("occurred_at", models.DateTimeField(help_text="As the event claims.", null=True)),
                (
                    "api_key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="tenants.apikey",
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
                    "corrected_at",
                    models.DateTimeField(help_text="When it happened, where that clock was wrong.", null=True),
                ),
                (
                    "device_sent_at",
                    models.DateTimeField(help_text="By the device's own clock, when it said so.", null=True),
                ),
            ],
            options={
                "db_table": "events_raw",
                "verbose_name": "arrival",
                "indexes": [
                    models.Index(fields=["tenant", "id"], name="events_raw_by_tenant"),
                    models.Index(fields=["tenant", "event_id", "id"], name="events_raw_by_event"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("raw_sha256__isnull", False), ("redacted_mac__isnull", True)),
                            models.Q(("raw_sha256__isnull", True), ("redacted_mac__isnull", False)),
                            _connector="OR",
                        ),
                        name="events_raw_hash_or_mac",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrected_at__isnull", True),
                            models.Q(
                                models.Q(
                                    django.db.models.lookups.Exact(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("corrected_at"), "-", models.F("occurred_at")
                                        ),
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("received_at"), "-", models.F("device_sent_at")
                                        ),
                                    ),
                                    models.Q(
                                        ("corrected_at", models.F("received_at")),
                                        ("occurred_at__gt", models.F("device_sent_at")),
                                    ),
                                    _connector="OR",
                                ),
                                ("corrected_at__lte", models.F("received_at")),
                                ("device_sent_at__isnull", False),
                                ("occurred_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="events_raw_corrected_by_its_clock",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventKey",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("idempotency_key", models.CharField(max_length=200)),
                ("event_type", models.CharField(blank=True, max_length=200)),
                ("source_system", models.CharField(blank=True, max_length=200)),
                ("source_event_id", models.CharField(max_length=200, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("processed", "Processed"), ("quarantined", "Quarantined"), ("ignored", "Ignored")],
                        max_length=11,
                    ),
                ),
                ("payload_hash_first", models.BinaryField(max_length=32)),
                ("payload_hash_last", models.BinaryField(max_length=32)),
                ("effective_hash", models.BinaryField(max_length=32, null=True)),
                ("effective_raw_id", models.BigIntegerField(null=True)),
                ("first_raw_id", models.BigIntegerField()),
                ("last_raw_id", models.BigIntegerField()),
                ("arrivals", models.PositiveIntegerField(db_default=1)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("processed_at", models.DateTimeField(null=True)),
                ("last_error_code", models.CharField(blank=True, db_default="", max_length=40)),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="ledger.journal",
                    ),
                ),
                (
                    "last_exception",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exceptions.exceptioncase",
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
                ("device_id", models.CharField(max_length=64, null=True)),
                ("device_seq", models.BigIntegerField(help_text="The device's own number of the event.", null=True)),
            ],
            options={
                "db_table": "events_processed",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "idempotency_key"), name="events_processed_one_per_key"),
                    models.UniqueConstraint(
                        condition=models.Q(("source_event_id__isnull", False)),
                        fields=("tenant", "source_system", "source_event_id"),
                        name="events_processed_one_per_source_event",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["processed", "quarantined", "ignored"])),
                        name="events_processed_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "processed"), _negated=True),
                            models.Q(
                                ("effective_hash__isnull", False),
                                ("effective_raw_id__isnull", False),
                                ("processed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="events_processed_effective_when_processed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "processed"), ("journal__isnull", True), _connector="OR"),
                        name="events_processed_held_has_no_journal",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("device_seq__isnull", False)),
                        fields=("tenant", "device_id", "device_seq"),
                        name="events_processed_one_per_device_seq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("device_id__isnull", True), ("device_seq__isnull", True)),
                            models.Q(
                                ("device_id__isnull", False), ("device_seq__gte", 1), ("device_seq__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="events_processed_device_counts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplayJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason_code", models.CharField(max_length=40)),
                ("notes", models.TextField()),
                ("requested_by", models.CharField(max_length=200)),
                ("may_approve", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("queued", "Queued"), ("running", "Running"), ("done", "Done")],
                        default="queued",
                        max_length=7,
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("resolved", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("refusals", models.JSONField(default=dict, help_text="How many were refused, by code.")),
                ("reached_at", models.DateTimeField(null=True)),
                ("reached_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("moved_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant"),
                ),
            ],
            options={
                "verbose_name": "bulk replay",
                "db_table": "replay_jobs",
                "indexes": [
                    models.Index(fields=["tenant", "-id"], name="replay_jobs_by_tenant"),
                    models.Index(
                        condition=models.Q(("status", "done"), _negated=True),
                        fields=["status", "moved_at"],
                        name="replay_jobs_unfinished",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "running", "done"])),
                        name="replay_jobs_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("status", "done")),
                            models.Q(models.Q(("status", "done"), _negated=True), ("finished_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="replay_jobs_done_has_instant",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventWait",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant", "event_key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_key", models.CharField(max_length=200)),
                ("original_key", models.CharField(max_length=200, null=True)),
                ("store_code", models.CharField(max_length=64)),
                ("txn_id", models.CharField(max_length=200, null=True)),
                ("waits_since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "verbose_name": "waiting event",
                "db_table": "event_waits",
                "indexes": [
                    models.Index(
                        condition=models.Q(("original_key__isnull", False)),
                        fields=["tenant", "original_key"],
                        name="event_waits_by_original",
                    ),
                    models.Index(
                        condition=models.Q(("txn_id__isnull", False)),
                        fields=["tenant", "txn_id"],
                        name="event_waits_by_transaction",
                    ),
                    models.Index(fields=["tenant", "waits_since"], name="event_waits_by_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("original_key__isnull", False), ("txn_id__isnull", True)),
                            models.Q(("original_key__isnull", True), ("txn_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="event_waits_for_one_thing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Sale",
            fields=[
                (
                    "journal",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="sale",
                        serialize=False,
                        to="ledger.journal",
                    ),
                ),
                ("event_key", models.CharField(max_length=200)),
                ("raw_id", models.BigIntegerField()),
                ("store_code", models.CharField(max_length=64)),
                ("register_code", models.CharField(blank=True, max_length=64)),
                ("txn_id", models.CharField(max_length=200)),
                ("event_type", models.CharField(max_length=16)),
                ("currency", models.CharField(max_length=3)),
                ("business_date", models.DateField()),
                ("occurred_at", models.DateTimeField()),
                ("is_late", models.BooleanField()),
                ("sign", models.SmallIntegerField()),
                ("sales_count", models.SmallIntegerField()),
                ("returns_count", models.SmallIntegerField()),
                ("items", models.IntegerField(help_text="Lines of the basket.")),
                ("gross_minor", models.BigIntegerField()),
                ("returns_minor", models.BigIntegerField()),
                ("discounts_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("tips_minor", models.BigIntegerField()),
                ("service_minor", models.BigIntegerField()),
                ("liabilities_minor", models.BigIntegerField()),
                ("total_minor", models.BigIntegerField()),
                ("cash_minor", models.BigIntegerField()),
                ("card_minor", models.BigIntegerField()),
                ("external_minor", models.BigIntegerField()),
                ("gift_card_minor", models.BigIntegerField()),
                ("store_credit_minor", models.BigIntegerField()),
                ("house_account_minor", models.BigIntegerField()),
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
                "db_table": "sales",
                "indexes": [
                    models.Index(
                        condition=models.Q(("event_type", "SALE"), ("sign", 1)),
                        fields=["tenant", "txn_id"],
                        name="sales_by_transaction",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_minor",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    django.db.models.expressions.CombinedExpression(
                                                        models.F("gross_minor"), "-", models.F("returns_minor")
                                                    ),
                                                    "-",
                                                    models.F("discounts_minor"),
                                                ),
                                                "+",
                                                models.F("tax_minor"),
                                            ),
                                            "+",
                                            models.F("tips_minor"),
                                        ),
                                        "+",
                                        models.F("service_minor"),
                                    ),
                                    "+",
                                    models.F("liabilities_minor"),
                                ),
                            )
                        ),
                        name="sales_parts_make_the_total",
                    ),
                    models.CheckConstraint(condition=models.Q(("sign__in", (1, -1))), name="sales_sign_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SaleReference",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journal", "original_key", "kind", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_key", models.CharField(max_length=200)),
                ("original_key", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("RETURN", "Return"),
                            ("VOID", "Void"),
                            ("CORRECTION", "Correction"),
                            ("TIP_ADJUST", "Tip Adjust"),
                        ],
                        max_length=10,
                    ),
                ),
                ("sign", models.SmallIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                (
                    "lines",
                    models.JSONField(default=list, help_text="[[line id, article, quantity as text, minor units]]"),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "base_journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="Whose content it was made of: the original's journal, or that of its correction.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.journal",
                    ),
                ),
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
                "db_table": "sale_references",
                "indexes": [
                    models.Index(fields=["tenant", "original_key"], name="sale_references_by_original"),
                    models.Index(fields=["tenant", "event_key"], name="sale_references_by_event"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["RETURN", "VOID", "CORRECTION", "TIP_ADJUST"])),
                        name="sale_references_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sign__in", (1, -1))), name="sale_references_sign_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DailySalesMark",
            fields=[
                (
                    "tenant",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tenants.tenant",
                    ),
                ),
                (
                    "cluster",
                    models.BigIntegerField(
                        help_text="The system identifier of the cluster that counts the transactions."
                    ),
                ),
                ("rolled_up_at", models.DateTimeField()),
            ],
            options={
                "db_table": "daily_sales_marks",
            },
        ),
        migrations.CreateModel(
            name="DailySales",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant",
                        "business_date",
                        "store_code",
                        "currency",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
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
                ("business_date", models.DateField()),
                ("store_code", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("facts_count", models.BigIntegerField(help_text="Headers that were added up.")),
                (
                    "baskets_count",
                    models.BigIntegerField(help_text="Sales that stand: without voided and reversed ones."),
                ),
                ("rung_count", models.BigIntegerField(help_text="Sales as rung up, voided ones included.")),
                ("returns_count", models.BigIntegerField()),
                ("voids_count", models.BigIntegerField()),
                ("corrections_count", models.BigIntegerField()),
                ("items_count", models.BigIntegerField(help_text="Lines of baskets, less those brought back.")),
                ("gross_minor", models.BigIntegerField()),
                ("returns_minor", models.BigIntegerField()),
                ("discounts_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("tips_minor", models.BigIntegerField()),
                ("service_minor", models.BigIntegerField()),
                ("liabilities_minor", models.BigIntegerField()),
                ("total_minor", models.BigIntegerField()),
                (
                    "cash_minor",
                    models.BigIntegerField(help_text="Paid in cash, less cash given back; without moves of cash."),
                ),
                ("card_minor", models.BigIntegerField()),
                ("external_minor", models.BigIntegerField()),
                ("gift_card_minor", models.BigIntegerField()),
                ("store_credit_minor", models.BigIntegerField()),
                ("house_account_minor", models.BigIntegerField()),
                ("moved_cash_minor", models.BigIntegerField(help_text="Cash paid in, less paid out and dropped.")),
            ],
            options={
                "verbose_name": "daily sales",
                "verbose_name_plural": "daily sales",
                "db_table": "daily_sales",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_minor",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    django.db.models.expressions.CombinedExpression(
                                                        models.F("gross_minor"), "-", models.F("returns_minor")
                                                    ),
                                                    "-",
                                                    models.F("discounts_minor"),
                                                ),
                                                "+",
                                                models.F("tax_minor"),
                                            ),
                                            "+",
                                            models.F("tips_minor"),
                                        ),
                                        "+",
                                        models.F("service_minor"),
                                    ),
                                    "+",
                                    models.F("liabilities_minor"),
                                ),
                            )
                        ),
                        name="daily_sales_parts_make_the_total",
                    ),
                    models.CheckConstraint(condition=models.Q(("facts_count__gte", 0)), name="daily_sales_of_facts"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant", "device_id", blank=True, editable=False, primary_key=True, serialize=False
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
                ("device_id", models.CharField(max_length=64)),
                ("store_code", models.CharField(blank=True, help_text="Where it was seen last.", max_length=64)),
                ("last_received_at", models.DateTimeField()),
            ],
            options={
                "db_table": "devices",
                "permissions": [("explain_devicegap", "Can explain missing numbers of devices")],
            },
        ),
        migrations.CreateModel(
            name="DeviceRange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant",
                        "device_id",
                        "first_seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
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
                ("device_id", models.CharField(max_length=64)),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "device_ranges",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first_seq__gte", 1), ("last_seq__gte", models.F("first_seq"))),
                        name="device_ranges_in_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GapExplanation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="tenants.tenant",
                    ),
                ),
                ("device_id", models.CharField(max_length=64)),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("explained_by", models.CharField(max_length=200)),
                ("explained_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "device_gap_explanations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first_seq__gte", 1), ("last_seq__gte", models.F("first_seq"))),
                        name="device_gap_explanations_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True), models.Q(("explained_by", ""), _negated=True)
                        ),
                        name="device_gap_explanations_by_somebody",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "device_id", "first_seq"), name="device_gap_explanations_one_per_start"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SaleContentMark",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant", "business_date", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("business_date", models.DateField()),
                (
                    "cluster",
                    models.BigIntegerField(
                        help_text="The system identifier of the cluster that counts the transactions."
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
                "db_table": "sale_content_marks",
            },
        ),
        migrations.CreateModel(
            name="SaleTender",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journal", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line_no", models.PositiveSmallIntegerField()),
                ("business_date", models.DateField()),
                ("store_code", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("method", models.CharField(max_length=16)),
                ("processor", models.CharField(blank=True, max_length=64)),
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
                "db_table": "sale_tenders",
            },
        ),
        migrations.CreateModel(
            name="SaleContentFailure",
            fields=[
                (
                    "journal",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledger.journal",
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
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
                "db_table": "sale_content_failures",
                "indexes": [models.Index(fields=["tenant", "journal"], name="sale_content_failures_by_whom")],
            },
        ),
        migrations.CreateModel(
            name="SaleLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journal", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line_no", models.PositiveSmallIntegerField()),
                ("business_date", models.DateField()),
                ("store_code", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("sku", models.CharField(blank=True, max_length=200)),
                ("category", models.TextField(blank=True)),
                ("line_id", models.TextField(blank=True)),
                (
                    "quantity",
                    models.DecimalField(
                        decimal_places=12, help_text="As sent: the column has no limit.", max_digits=38
                    ),
                ),
                ("is_return", models.BooleanField()),
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
                "db_table": "sale_lines",
                "indexes": [models.Index(fields=["tenant", "business_date", "sku"], name="sale_lines_by_day")],
            },
        ),
        migrations.CreateModel(
            name="SaleTax",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journal", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line_no", models.PositiveSmallIntegerField()),
                ("business_date", models.DateField()),
                ("store_code", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("code", models.CharField(max_length=64)),
                ("rate", models.CharField(blank=True, max_length=20)),
                ("inclusive", models.BooleanField()),
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
                "db_table": "sale_taxes",
                "indexes": [models.Index(fields=["tenant", "business_date"], name="sale_taxes_by_day")],
            },
        ),
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
                ("basket", models.BinaryField(help_text="SHA-256 of place, total, lines and tenders.", max_length=32)),
                ("occurred_at", models.DateTimeField()),
            ],
            options={
                "db_table": "event_baskets",
                "indexes": [models.Index(fields=["tenant", "basket", "occurred_at"], name="event_baskets_by_basket")],
            },
        ),
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
        migrations.CreateModel(
            name="EventOutcome",
            fields=[
                (
                    "raw_event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="outcome",
                        serialize=False,
                        to="pos.rawevent",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("processed", "Processed"),
                            ("duplicate", "Duplicate"),
                            ("quarantined", "Quarantined"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=11,
                    ),
                ),
                ("reason_code", models.CharField(blank=True, db_default="", max_length=40)),
                (
                    "exception",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exceptions.exceptioncase",
                    ),
                ),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                "db_table": "event_outcomes",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("result__in", ["processed", "duplicate", "quarantined", "rejected"])),
                        name="event_outcomes_result_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("result", "quarantined"), _negated=True),
                            ("exception__isnull", False),
                            _connector="OR",
                        ),
                        name="event_outcomes_held_has_case",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("payload_hash", models.BinaryField(max_length=32)),
                ("first_raw_id", models.BigIntegerField()),
                (
                    "disposition",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("effective", "Effective"),
                            ("superseded", "Superseded"),
                            ("rejected", "Rejected"),
                            ("ignored", "Ignored"),
                        ],
                        default="held",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "event_key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="pos.eventkey",
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
                    "patched_body",
                    models.TextField(help_text="Canonical JSON of a version an operator patched.", null=True),
                ),
            ],
            options={
                "db_table": "event_versions",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "event_key", "payload_hash"), name="event_versions_one_per_payload"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("disposition__in", ["held", "effective", "superseded", "rejected", "ignored"])
                        ),
                        name="event_versions_disposition_known",
                    ),
                ],
            },
        ),
        replace_functions(
            __file__,
            "pos_adopt_facts_v1",
            "pos_anybody_waits_v1",
            "pos_apply_v1",
            "pos_capture_v1",
            "pos_check_original_v1",
            "pos_cluster_v1",
            "pos_content_differs_v1",
            "pos_content_guard_v1",
            "pos_content_marks_guard_v1",
            "pos_daily_sales_guard_v1",
            "pos_daily_sales_kept_v1",
            "pos_daily_sales_v1",
            "pos_decide_v1",
            "pos_device_ranges_guard_v1",
            "pos_facts_by_day_v1",
            "pos_facts_v1",
            "pos_fold_devices_v1",
            "pos_gap_explanations_guard_v1",
            "pos_keep_content_v1",
            "pos_key_states_v1",
            "pos_keys_guard_v1",
            "pos_known_or_clash_v1",
            "pos_known_v1",
            "pos_mirror_facts_v1",
            "pos_mirrors_v1",
            "pos_near_baskets_v1",
            "pos_next_content_v1",
            "pos_open_case_v1",
            "pos_originals_guard_v1",
            "pos_originals_v1",
            "pos_outcomes_guard_v1",
            "pos_receive_alone_v1",
            "pos_receive_many_v1",
            "pos_receive_v2",
            "pos_record_facts_v1",
            "pos_references_guard_v1",
            "pos_releasable_v1",
            "pos_roll_up_sales_v1",
            "pos_sales_marks_guard_v1",
            "pos_settle_alone_v1",
            "pos_settle_v1",
            "pos_somebody_waits_v1",
            "pos_take_key_v1",
            "pos_take_keys_v1",
            "pos_take_many_v1",
            "pos_take_more_v1",
            "pos_tender_reference_guard_v1",
            "pos_versions_guard_v1",
        ),
        run_baseline(__file__),
    ]
