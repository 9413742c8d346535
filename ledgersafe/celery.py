"""The Celery application: `celery -A ledgersafe worker` and `celery -A ledgersafe beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgersafe.settings")
app = Celery("ledgersafe")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["ledgersafe", "pos"])
