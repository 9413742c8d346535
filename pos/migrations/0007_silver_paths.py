from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0006_silver")]
    operations = [run_sql(__file__, "0007_silver")]
