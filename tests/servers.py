"""Early pytest plugin: the private Postgres must run before pytest-django reads the settings.

Tests create their own databases, so the process logs in as the owner; each connection then acts as the application
role (see `conftest.books`), or row-level guarantees and privileges would not be tested at all.
"""

import os

from ledgersafe import embedded

embedded.ensure_servers(purpose="test")
os.environ["DATABASE_AS"] = "owner"
# Two runs at a time, of one person or of CI beside a person, have databases of their own.
os.environ.setdefault("LEDGERSAFE_TEST_RUN", str(os.getpid()))
