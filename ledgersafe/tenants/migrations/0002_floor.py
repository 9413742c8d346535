from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [run_sql(__file__, "0002_floor")]
