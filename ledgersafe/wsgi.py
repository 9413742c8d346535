"""WSGI entry point: what gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from ledgersafe import patience

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgersafe.settings")
patience.limit_web()
application = get_wsgi_application()
