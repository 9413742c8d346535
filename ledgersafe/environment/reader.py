"""Read the values of variables: from the environment, else from `.env`, else the table's default."""

from typing import Any, Final

import environ

from ledgersafe.environment.table import BY_NAME

env: Final = environ.Env()
_UNSET: Final = object()


def read(name: str, default: Any = _UNSET) -> Any:
    """Read a variable of the table, as its kind.

    :param default: where it depends on another setting; else the table's.
    :raises KeyError: the table has no such variable.
    :raises ValueError: its text is not of the kind.
    """
    variable = BY_NAME[name]
    usual = variable.default if default is _UNSET else default
    # A list is copied: Django lengthens some of them.
    return getattr(env, variable.kind)(name, default=[*usual] if isinstance(usual, list) else usual)
