"""The product's settings, with the endpoints it is measured against beside its own."""

from ledgersafe.settings import *  # noqa: F403  the product as it is, plus one app
from ledgersafe.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "bench.textbook"]
ROOT_URLCONF = "bench.urls"
