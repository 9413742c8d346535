from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def anchors(settings: Settings, tmp_path: Path) -> Path:
    """Heads of the audit trail are anchored in a file of this test alone."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    return Path(settings.AUDIT_ANCHOR_FILE)
