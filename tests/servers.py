"""Early pytest plugin: the private Postgres must run before pytest-django reads the settings.

Tests create their own databases, so the process logs in as the owner; each connection then acts as the application
role (see `conftest.books`), or row-level guarantees and privileges would not be tested at all.
"""

import os
import tempfile

from ledgersafe import embedded

embedded.ensure_servers(purpose="test")
os.environ["DATABASE_AS"] = "owner"
# A developer's real anchors are none of the tests' business: a tenant of the same id would fail I30.
os.environ["AUDIT_ANCHOR_FILE"] = os.path.join(tempfile.mkdtemp(prefix="ledgersafe-anchors-"), "audit-anchors.jsonl")
# Two runs at a time, of one person or of CI beside a person, have databases of their own.
os.environ.setdefault("LEDGERSAFE_TEST_RUN", str(os.getpid()))
