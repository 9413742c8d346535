from django.db import migrations

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("pos", "0012_near_duplicates")]
    operations = [run_sql(__file__, "0013_references_guard")]
