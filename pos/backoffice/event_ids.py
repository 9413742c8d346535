"""Encode event ids in paths: up to 200 printable characters, slashes, dots and percent signs included."""

from urllib.parse import quote, unquote

from django.urls.converters import get_converters, register_converter


class EventIdConverter:
    """The converter of event ids: letters, digits, `-` and `_` stay; all else is `~2F`, which no proxy normalises.

    >>> EventIdConverter().to_url("till/7 #1")
    'till~2F7~20~231'
    """

    regex = r"(?:~[0-9A-F]{2}|[A-Za-z0-9_-])+"

    def to_python(self, value: str) -> str:
        """Decode an event id. :raises ValueError: not printable text; Django answers 404."""
        text = unquote(value.replace("~", "%"), errors="strict")
        if not text.isprintable():
            raise ValueError
        return text

    def to_url(self, value: str) -> str:
        """Encode an event id."""
        return quote(value, safe="").replace(".", "%2E").replace("~", "%7E").replace("%", "~")


def register() -> None:
    """Register `<event_id:…>` for Django paths; safe to call twice."""
    if "event_id" not in get_converters():
        register_converter(EventIdConverter, "event_id")
