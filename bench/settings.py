"""The product's settings, with the endpoints it is measured against beside its own."""

from ledgersafe.settings import *  # noqa: F403  the product as it is, plus one app and a clock around it
from ledgersafe.settings import INSTALLED_APPS as PRODUCT_APPS
from ledgersafe.settings import MIDDLEWARE as PRODUCT_MIDDLEWARE

INSTALLED_APPS = [*PRODUCT_APPS, "bench.textbook"]
MIDDLEWARE = ["bench.timing.ServerTimeMiddleware", *PRODUCT_MIDDLEWARE]
ROOT_URLCONF = "bench.urls"
