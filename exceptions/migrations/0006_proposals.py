import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from ledgersafe.postgres.db import run_sql

_STAGES = [("proposed", "Proposed"), ("resolved", "Resolved"), ("declined", "Declined"), ("withdrawn", "Withdrawn")]


class Migration(migrations.Migration):
    dependencies = [("exceptions", "0004_resolve"), ("tenants", "0008_lineage")]
    operations = [
        migrations.RemoveConstraint(model_name="resolution", name="exception_resolutions_stage_known"),
        migrations.AddField(
            model_name="exceptioncase",
            name="awaits_confirmation",
            field=models.BooleanField(
                db_default=False, help_text="Somebody proposed a decision on it, which waits for a second person."
            ),
        ),
        migrations.AddField(
            model_name="resolution",
            name="proposal",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="endings",
                to="exceptions.resolution",
            ),
        ),
        migrations.AlterField(
            model_name="resolution",
            name="stage",
            field=models.CharField(choices=_STAGES, max_length=9),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(
                condition=Q(awaits_confirmation=True, status="open"),
                fields=["tenant", "id"],
                name="exceptions_awaiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.CheckConstraint(
                condition=Q(stage__in=["proposed", "resolved", "declined", "withdrawn"]),
                name="exception_resolutions_stage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.UniqueConstraint(
                condition=Q(proposal__isnull=False),
                fields=("tenant", "proposal"),
                name="exception_resolutions_one_ending_per_proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(proposal__isnull=False, stage__in=("declined", "withdrawn")),
                    Q(proposal__isnull=True, stage__in=["proposed", "resolved"]),
                    _connector="OR",
                ),
                name="exception_resolutions_endings_name_a_proposal",
            ),
        ),
        run_sql(__file__, "0006_proposals"),
    ]
