import django.db.models.deletion
from django.db import migrations, models

from ledgersafe.postgres.functions import replace_functions, run_baseline


class Migration(migrations.Migration):
    replaces = [("tenants", "0008_lineage"), ("tenants", "0009_books_start"), ("tenants", "0010_bound_keys")]

    dependencies = [
        ("audit", "0005_instants"),
        ("tenants", "0001_baseline_squashed_0007"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="had_own_name",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="It was issued by a rotation before chains were known: commands may be answered under its own name.",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                help_text="The first key of its chain of rotations; empty: this one.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.apikey",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="predecessor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The key it replaces.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successors",
                to="tenants.apikey",
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="books_start",
            field=models.DateField(
                default=None, help_text="The first business day anything is posted on; what claims to be older is held."
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.UniqueConstraint(fields=("tenant", "predecessor"), name="api_keys_one_successor"),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("register__isnull", True), ("store__isnull", True)),
                    models.Q(
                        ("scopes__overlap", ["ledger:read", "ledger:write", "recon:read", "recon:write", "admin"]),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="api_keys_bound_keys_stay_in_their_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("register__isnull", True), ("store__isnull", False), _connector="OR"),
                name="api_keys_register_within_store",
            ),
        ),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=models.CheckConstraint(
                condition=models.Q(("books_start__gte", "1999-12-31"), ("books_start__lt", "3000-01-01")),
                name="tenants_books_start_is_a_day",
            ),
        ),
        replace_functions(
            __file__,
            "tenants_api_keys_lineage_v1",
        ),
        run_baseline(__file__),
    ]
