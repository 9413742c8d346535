import django.db.models.deletion
from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("recon", "0003_reopening")]

    operations = [
        migrations.AddField(
            model_name="dayclose",
            name="covered_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="Of a day nobody sold on: the close of the day it was closed with.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="covers",
                to="recon.dayclose",
            ),
        ),
        run_sql(__file__, "0004_empty_days"),
    ]
