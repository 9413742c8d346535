from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_variance_limit")]

    operations = [
        migrations.AddField(
            model_name="store",
            name="time_zone",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="IANA name; blank: the tenant's.", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="time_zone_fixed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("time_zone", ""), ("time_zone__regex", "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"), _connector="OR"
                ),
                name="stores_time_zone_shape",
            ),
        ),
        run_sql(__file__, "0006_store_zones"),
    ]
