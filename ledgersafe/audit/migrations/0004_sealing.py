from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_chain")]
    operations = [run_sql(__file__, "0004_sealing")]
