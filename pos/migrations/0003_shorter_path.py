from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0002_gate"), ("ledger", "0004_shorter_path")]
    operations = [run_sql(__file__, "0003_shorter_path")]
