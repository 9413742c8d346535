from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0013_rows")]
    operations = [run_sql(__file__, "0014_awaited")]
