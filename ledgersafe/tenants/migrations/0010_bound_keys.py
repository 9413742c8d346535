from django.db import migrations, models

from ledgersafe.postgres.db import run_sql


class Migration(migrations.Migration):
    """Keys of one store or register hold nothing of the whole tenant's: those there are lose it, then it is a CHECK."""

    dependencies = [
        ("tenants", "0009_books_start"),
        ("audit", "0005_instants"),  # what was taken from which key is written there
    ]

    operations = [
        run_sql(__file__, "0010_bound_keys"),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("register__isnull", True), ("store__isnull", True)),
                    models.Q(
                        ("scopes__overlap", ["ledger:read", "ledger:write", "recon:read", "recon:write", "admin"]),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="api_keys_bound_keys_stay_in_their_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("register__isnull", True), ("store__isnull", False), _connector="OR"),
                name="api_keys_register_within_store",
            ),
        ),
    ]
