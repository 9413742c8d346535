from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_plans")]
    operations = [run_sql(__file__, "0013_rows")]
