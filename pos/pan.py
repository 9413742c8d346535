"""Card numbers must not be kept: see `ledgersafe.pan`."""

from ledgersafe.pan import contains_pan, mac, mask, may_contain_pan

__all__ = ["contains_pan", "mac", "mask", "may_contain_pan"]
