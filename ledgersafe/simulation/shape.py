"""How large a simulated day is."""

from dataclasses import dataclass
from datetime import date

from ledgersafe.values.errors import InvalidParameter

_LIMITS = {"stores": 500, "registers": 20, "sales": 20_000}


@dataclass(frozen=True, slots=True)
class Shape:
    """The same shape and day make the same events, byte for byte but for the tenant's name."""

    day: date
    stores: int = 20
    registers: int = 3
    #: Per register.
    sales: int = 400
    seed: int = 1

    def __post_init__(self) -> None:
        """:raises InvalidParameter: it is no day that could be."""
        for name, most in _LIMITS.items():
            if not 1 <= getattr(self, name) <= most:
                raise InvalidParameter(f"--{name} is 1 to {most}, not {getattr(self, name)}.", field=name)
