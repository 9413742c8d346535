from celery.signals import beat_init
from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "ledgersafe.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Make the product's Celery app the default: every process and thread sends jobs to its queue."""
        from ledgersafe.celery import app
        from ledgersafe.jobs.scheduler import begin_countdowns

        app.set_default()
        beat_init.connect(begin_countdowns)
