from celery.signals import beat_init
from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "ledgersafe.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Whoever sends a job, from whatever process and thread, sends it to our queue and not to Celery's default."""
        from ledgersafe.celery import app
        from ledgersafe.jobs.scheduler import begin_countdowns

        app.set_default()
        beat_init.connect(begin_countdowns)
