"""WSGI entry point: what gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from ledgersafe.postgres import patience

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgersafe.settings")
patience.limit_web()
application = get_wsgi_application()

from ledgersafe.celery import app  # noqa: E402  it needs the settings
from ledgersafe.webserver.preload import warm  # noqa: E402  after the settings

# The Jobs page offers the tasks that this process knows, and tells which are the product's own.
app.autodiscover_tasks(force=True)
# gunicorn loads this before it forks its workers (see deploy/gunicorn.py).
warm()
