from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import ledgersafe.tenants.models
from ledgersafe.postgres.functions import replace_functions, run_baseline

#: The roles as groups. What they may do is given to them after every migrate (`roles.set_permissions`).
ROLES = ("Operator", "Supervisor", "Accountant", "Auditor", "Tenant administrator")


def create_groups(apps: Any, schema_editor: Any) -> None:
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    replaces = [
        ("tenants", "0001_initial"),
        ("tenants", "0002_floor"),
        ("tenants", "0003_staff"),
        ("tenants", "0004_roles"),
        ("tenants", "0005_variance_limit"),
        ("tenants", "0006_store_time_zone"),
        ("tenants", "0007_near_duplicates"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("base_currency", models.CharField(max_length=3)),
                (
                    "time_zone",
                    models.CharField(default="UTC", help_text="IANA name, e.g. Europe/Athens.", max_length=64),
                ),
                (
                    "cut_off_hour",
                    models.PositiveSmallIntegerField(default=23, help_text="The business day ends at this local time."),
                ),
                ("cut_off_minute", models.PositiveSmallIntegerField(default=59)),
                (
                    "late_window_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="An event of a closed day is posted into the open day up to this many days late.",
                    ),
                ),
                (
                    "enabled_event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32),
                        default=ledgersafe.tenants.models.all_event_types,
                        size=None,
                    ),
                ),
                (
                    "strict_stores",
                    models.BooleanField(
                        default=False, help_text="Hold events of unknown stores instead of registering the store."
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "four_eyes_limit_minor",
                    models.BigIntegerField(
                        blank=True,
                        help_text="Decisions on more than this (minor units of the base currency) need a second person.",
                        null=True,
                    ),
                ),
                (
                    "variance_limit_minor",
                    models.BigIntegerField(
                        blank=True,
                        help_text="Drawers off by more than this (minor units of the base currency) need an approval to close.",
                        null=True,
                    ),
                ),
                (
                    "near_duplicate_seconds",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Hold a sale whose basket was sold under another id within so many seconds; 0: off.",
                    ),
                ),
            ],
            options={
                "db_table": "tenants",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z0-9][a-z0-9_-]{0,63}$")),
                        name="tenants_slug_shape",
                        violation_error_message="A slug is lower-case letters, digits, - and _.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base_currency__regex", "^[A-Z]{3}$")), name="tenants_currency_shape"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cut_off_hour__lte", 23), ("cut_off_minute__lte", 59)),
                        name="tenants_cut_off_is_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("four_eyes_limit_minor__isnull", True), ("four_eyes_limit_minor__gte", 0), _connector="OR"
                        ),
                        name="tenants_four_eyes_limit_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("variance_limit_minor__isnull", True), ("variance_limit_minor__gte", 0), _connector="OR"
                        ),
                        name="tenants_variance_limit_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("near_duplicate_seconds__lte", 3600)),
                        name="tenants_near_duplicates_within_an_hour",
                    ),
                ],
                "permissions": [("administer_tenant", "Can administer tenants, stores, registers, keys and members")],
            },
        ),
        migrations.CreateModel(
            name="Store",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stores", to="tenants.tenant"
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="IANA name; blank: the tenant's.",
                        max_length=64,
                    ),
                ),
                ("time_zone_fixed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "stores",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "code"), name="stores_one_code_per_tenant"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("time_zone", ""),
                            ("time_zone__regex", "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"),
                            _connector="OR",
                        ),
                        name="stores_time_zone_shape",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="tenants.tenant"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "tenant_memberships",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "user"), name="tenant_memberships_one_per_user")
                ],
            },
        ),
        migrations.CreateModel(
            name="Register",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="registers", to="tenants.store"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="registers", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "registers",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "store", "code"), name="registers_one_code_per_store")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=200)),
                ("prefix", models.CharField(max_length=16)),
                ("secret_sha256", models.BinaryField(max_length=32)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), size=None),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "register",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="tenants.register"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="tenants.store"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="api_keys", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "api_keys",
                "verbose_name": "API key",
                "indexes": [models.Index(fields=["prefix"], name="api_keys_by_prefix")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "prefix"), name="api_keys_one_prefix_per_tenant"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True), ("expires_at__gt", models.F("created_at")), _connector="OR"
                        ),
                        name="api_keys_expire_after_creation",
                    ),
                ],
            },
        ),
        replace_functions(
            __file__,
            "ledgersafe_append_only_v1",
            "ledgersafe_make_append_only_v1",
            "tenants_count_version_v1",
            "tenants_count_zones_v1",
            "tenants_references_agree_v1",
            "tenants_stores_guard_v1",
        ),
        run_baseline(__file__),
        migrations.RunPython(create_groups, migrations.RunPython.noop),
    ]
