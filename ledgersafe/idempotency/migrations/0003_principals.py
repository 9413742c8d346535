from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0002_guards"), ("tenants", "0008_lineage")]
    operations = [run_sql(__file__, "0003_principals")]
