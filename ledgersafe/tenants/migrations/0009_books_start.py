from django.db import migrations, models

from ledgersafe.postgres.db import run_sql

_HELP = "The first business day anything is posted on; what claims to be older is held."


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_lineage")]

    operations = [
        migrations.AddField(
            model_name="tenant", name="books_start", field=models.DateField(null=True, help_text=_HELP)
        ),
        run_sql(__file__, "0009_books_start"),
        migrations.AlterField(model_name="tenant", name="books_start", field=models.DateField(help_text=_HELP)),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=models.CheckConstraint(
                condition=models.Q(("books_start__gte", "1999-12-31"), ("books_start__lt", "3000-01-01")),
                name="tenants_books_start_is_a_day",
            ),
        ),
    ]
