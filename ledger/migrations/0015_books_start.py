from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0014_awaited"), ("tenants", "0009_books_start")]
    operations = [run_sql(__file__, "0015_books_start")]
