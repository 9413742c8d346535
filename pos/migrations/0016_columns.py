from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0015_originals"), ("ledger", "0013_rows")]
    operations = [run_sql(__file__, "0016_columns")]
