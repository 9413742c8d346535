from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("exceptions", "0003_resolutions"), ("audit", "0002_guards")]
    operations = [run_sql(__file__, "0004_resolve")]
