"""The benchmark: ratios between contestants measured in the same run. See `bench/README.md`."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
