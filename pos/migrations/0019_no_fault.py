from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0017_original_locks")]
    operations = [run_sql(__file__, "0019_no_fault")]
