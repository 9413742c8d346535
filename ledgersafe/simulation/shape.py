"""The size of a simulated day."""

from dataclasses import dataclass
from datetime import date

from ledgersafe.values.errors import InvalidParameter

_LIMITS = {"stores": 500, "registers": 20, "sales": 20_000}


@dataclass(frozen=True, slots=True)
class Shape:
    """The size and seed of a day: equal shapes make equal events, byte for byte except for the tenant's name."""

    day: date
    stores: int = 20
    registers: int = 3
    #: Per register.
    sales: int = 400
    seed: int = 1

    def __post_init__(self) -> None:
        """Check the numbers.

        :raises InvalidParameter: no day can have them.
        """
        for name, most in _LIMITS.items():
            if not 1 <= getattr(self, name) <= most:
                raise InvalidParameter(f"--{name} is 1 to {most}, not {getattr(self, name)}.", field=name)
