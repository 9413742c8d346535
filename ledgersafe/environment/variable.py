"""The shape of a variable, and of a section of variables."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable.

    :ivar kind: the method of `environ.Env` that reads it: str, bool, int, float or list.
    :ivar default: its value when it is not set; None where `otherwise` says what holds instead.
    :ivar example: what `.env.example` shows in place of the default.
    """

    name: str
    kind: str
    default: Any
    meaning: str
    unit: str = ""
    otherwise: str = ""
    example: str = ""

    @property
    def default_text(self) -> str:
        """The default as it would be written into the environment; empty when there is none."""
        match self.default:
            case None:
                return ""
            case bool():
                return str(self.default).lower()
            case list():
                return ",".join(self.default)
            case float():
                return f"{self.default:g}"
            case _:
                return str(self.default)


@dataclass(frozen=True, slots=True)
class Section:
    """Variables that belong together.

    :ivar read_by_settings: by `ledgersafe/settings.py`; the others by the file that the note names.
    :ivar in_example: for people to set; else the product sets them for its own processes.
    """

    title: str
    note: str
    variables: tuple[Variable, ...]
    read_by_settings: bool = True
    in_example: bool = True
