from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0001_initial"),
        ("ledger", "0003_post"),
        ("exceptions", "0002_open"),
        ("audit", "0002_guards"),
    ]
    operations = [run_sql(__file__, "0002_gate")]
