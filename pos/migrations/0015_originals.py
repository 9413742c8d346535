from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0014_plans")]
    operations = [run_sql(__file__, "0015_originals")]
