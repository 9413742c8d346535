"""Card numbers must not be kept: see `ledgersafe.pan`."""

from ledgersafe.pan import contains_pan, mac, mask

__all__ = ["contains_pan", "mac", "mask"]
