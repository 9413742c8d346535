"""WSGI entry point: what gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgersafe.settings")
application = get_wsgi_application()

# gunicorn loads this before it forks its workers (see deploy/gunicorn.py).
from ledgersafe.webserver.warming import warm  # noqa: E402  after the settings

warm()
