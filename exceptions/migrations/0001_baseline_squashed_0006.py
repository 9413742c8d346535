import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from ledgersafe.postgres.functions import replace_functions, run_baseline


class Migration(migrations.Migration):
    replaces = [
        ("exceptions", "0001_initial"),
        ("exceptions", "0002_open"),
        ("exceptions", "0003_resolutions"),
        ("exceptions", "0004_resolve"),
        ("exceptions", "0006_proposals"),
    ]

    initial = True

    dependencies = [
        ("audit", "0002_guards"),
        ("tenants", "0008_lineage"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExceptionCase",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("idempotency_key", models.CharField(max_length=200)),
                ("raw_id", models.BigIntegerField(help_text="The arrival that opened the case.")),
                ("store_code", models.CharField(blank=True, db_default="", max_length=64)),
                ("reason_code", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("resolved", "Resolved")], default="open", max_length=8
                    ),
                ),
                ("details", models.JSONField(default=dict)),
                ("amount_at_risk_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(blank=True, db_default="", max_length=3)),
                ("assigned_to", models.CharField(blank=True, db_default="", max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolution_action", models.CharField(blank=True, db_default="", max_length=32)),
                ("resolution_notes", models.TextField(blank=True, db_default="")),
                ("resolution_actor", models.CharField(blank=True, db_default="", max_length=200)),
                ("override_patch", models.JSONField(null=True)),
                ("replay_attempts", models.PositiveIntegerField(db_default=0)),
                ("last_replay_status", models.CharField(blank=True, db_default="", max_length=32)),
                ("last_replay_at", models.DateTimeField(null=True)),
                ("tenant", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant")),
                (
                    "awaits_confirmation",
                    models.BooleanField(
                        db_default=False,
                        help_text="Somebody proposed a decision on it, which waits for a second person.",
                    ),
                ),
            ],
            options={
                "db_table": "exceptions",
                "verbose_name": "held event",
                "indexes": [
                    models.Index(fields=["tenant", "status", "-created_at", "-id"], name="exceptions_inbox"),
                    models.Index(fields=["tenant", "idempotency_key"], name="exceptions_by_key"),
                    models.Index(
                        condition=models.Q(("awaits_confirmation", True), ("status", "open")),
                        fields=["tenant", "id"],
                        name="exceptions_awaiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("tenant", "idempotency_key"),
                        name="exceptions_one_open_per_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "resolved"])), name="exceptions_status_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", True), ("status", "open")),
                            models.Q(
                                ("resolved_at__isnull", False),
                                ("status", "resolved"),
                                models.Q(("resolution_actor", ""), _negated=True),
                                models.Q(("resolution_action", ""), _negated=True),
                                models.Q(("resolution_notes", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="exceptions_resolution_is_complete",
                    ),
                ],
                "permissions": [
                    ("assign_exceptioncase", "Can assign held events"),
                    ("decide_exceptioncase", "Can decide held events"),
                    ("bulk_decide_exceptioncase", "Can decide many held events at once"),
                    ("approve_exceptioncase", "Can confirm decisions above the amount limit"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Resolution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("resolved", "Resolved"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=9,
                    ),
                ),
                ("action", models.CharField(max_length=32)),
                (
                    "result",
                    models.CharField(
                        blank=True, help_text="What became of the event; empty without replay.", max_length=32
                    ),
                ),
                ("canonical_raw_id", models.BigIntegerField(null=True)),
                ("override_patch", models.JSONField(null=True)),
                ("final_payload_sha256", models.BinaryField(max_length=32, null=True)),
                ("journal_id", models.BigIntegerField(null=True)),
                ("reversal_journal_id", models.BigIntegerField(null=True)),
                ("notes", models.TextField()),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resolutions",
                        to="exceptions.exceptioncase",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenants.tenant"),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endings",
                        to="exceptions.resolution",
                    ),
                ),
            ],
            options={
                "db_table": "exception_resolutions",
                "indexes": [
                    models.Index(fields=["tenant", "case", "id"], name="exception_resolutions_by_case"),
                    models.Index(
                        condition=models.Q(("journal_id__isnull", False)),
                        fields=["tenant", "journal_id"],
                        name="exception_resolutions_journal",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stage", "resolved")),
                        fields=("tenant", "case"),
                        name="exception_resolutions_one_per_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor", ""), _negated=True),
                            models.Q(("notes", ""), _negated=True),
                            models.Q(("action", ""), _negated=True),
                        ),
                        name="exception_resolutions_say_who_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["proposed", "resolved", "declined", "withdrawn"])),
                        name="exception_resolutions_stage_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("proposal__isnull", False)),
                        fields=("tenant", "proposal"),
                        name="exception_resolutions_one_ending_per_proposal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proposal__isnull", False), ("stage__in", ("declined", "withdrawn"))),
                            models.Q(("proposal__isnull", True), ("stage__in", ["proposed", "resolved"])),
                            _connector="OR",
                        ),
                        name="exception_resolutions_endings_name_a_proposal",
                    ),
                ],
            },
        ),
        replace_functions(
            __file__,
            "exceptions_awaiting_guard_v1",
            "exceptions_awaits_confirmation_v1",
            "exceptions_decided_once_v1",
            "exceptions_decision_on_record_v1",
            "exceptions_open_v1",
            "exceptions_proposals_guard_v1",
            "exceptions_propose_v1",
            "exceptions_resolutions_guard_v1",
            "exceptions_resolve_v1",
            "exceptions_same_principal_v1",
        ),
        run_baseline(__file__),
    ]
