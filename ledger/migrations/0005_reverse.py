from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_shorter_path")]
    operations = [run_sql(__file__, "0005_reverse")]
