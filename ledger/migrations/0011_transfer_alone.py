from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_drawers")]
    operations = [run_sql(__file__, "0011_transfer_alone")]
