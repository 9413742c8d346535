import django.db.models.functions.datetime
from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_reopening"), ("recon", "0002_guards"), ("tenants", "0004_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="dayclose",
            options={
                "permissions": [
                    ("close_period", "Can close business days"),
                    ("reopen_period", "Can open closed business days again"),
                ]
            },
        ),
        migrations.RemoveConstraint(model_name="dayclose", name="day_closes_one_per_day"),
        migrations.AddField(
            model_name="dayclose",
            name="closed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), help_text="The day's, as its trigger set it."
            ),
        ),
        migrations.AddField(
            model_name="dayclose",
            name="layout",
            field=models.PositiveSmallIntegerField(
                db_default=1, help_text="How its pack is made up: see packs.LAYOUT."
            ),
        ),
        migrations.AddField(
            model_name="dayclose", name="revision", field=models.PositiveSmallIntegerField(db_default=1)
        ),
        migrations.AddConstraint(
            model_name="dayclose",
            constraint=models.UniqueConstraint(
                fields=("tenant", "business_date", "revision"), name="day_closes_one_per_revision"
            ),
        ),
        run_sql(__file__, "0003_reopening"),
    ]
