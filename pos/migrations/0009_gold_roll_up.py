from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0008_gold")]
    operations = [run_sql(__file__, "0009_gold")]
