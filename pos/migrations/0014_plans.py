from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0013_references_guard")]
    operations = [run_sql(__file__, "0014_plans")]
