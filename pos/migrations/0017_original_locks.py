from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0016_columns")]
    operations = [run_sql(__file__, "0017_original_locks")]
