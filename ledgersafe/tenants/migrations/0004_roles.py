"""The five roles as groups. What they may do is given to them after every migrate (`roles.set_permissions`)."""

from typing import Any

from django.db import migrations

NAMES = ("Operator", "Supervisor", "Accountant", "Auditor", "Tenant administrator")


def create_groups(apps: Any, schema_editor: Any) -> None:
    group = apps.get_model("auth", "Group")
    for name in NAMES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_staff"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
