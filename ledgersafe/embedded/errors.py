"""The error of this room."""


class EmbeddedServerError(Exception):
    """An embedded server cannot be had; the message says in plain words what to do."""
