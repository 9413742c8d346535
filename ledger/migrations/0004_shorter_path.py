from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_post")]
    operations = [
        run_sql(__file__, "0004_shorter_path"),
        # What the file did to the model: Django cannot alter a primary key into a composite one itself.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("posting", "postings_one_per_line"),
                migrations.RemoveField("posting", "id"),
                migrations.AddField(
                    "posting",
                    "pk",
                    models.CompositePrimaryKey(
                        "journal", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ]
        ),
        # Drops "at least 0" of what is at least 1 and 2 by constraints of their own: Postgres compiles every check anew
        # with each statement.
        migrations.AlterField("journal", "revision", models.SmallIntegerField(db_default=1)),
        migrations.AlterField(
            "journal",
            "posting_count",
            models.SmallIntegerField(help_text="Sealed with the journal; postings never change."),
        ),
    ]
