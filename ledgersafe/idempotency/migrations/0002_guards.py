from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0001_initial"), ("tenants", "0002_floor")]
    operations = [run_sql(__file__, "0002_guards")]
