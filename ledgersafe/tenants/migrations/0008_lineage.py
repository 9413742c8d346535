import django.db.models.deletion
from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_near_duplicates")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="had_own_name",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="It was issued by a rotation before chains were known: commands may be answered under its "
                "own name.",
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
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.UniqueConstraint(fields=("tenant", "predecessor"), name="api_keys_one_successor"),
        ),
        run_sql(__file__, "0008_lineage"),
    ]
