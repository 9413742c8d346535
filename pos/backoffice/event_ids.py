"""Any event id in a path: 200 printable characters, among them slashes, dots, percent signs and every script."""

from urllib.parse import quote, unquote

from django.urls.converters import get_converters, register_converter


class EventIdConverter:
    """Letters, digits, `-` and `_` as they are, all else as `~2F`: nothing a browser or proxy would tidy up.

    >>> EventIdConverter().to_url("till/7 #1")
    'till~2F7~20~231'
    """

    regex = r"(?:~[0-9A-F]{2}|[A-Za-z0-9_-])+"

    def to_python(self, value: str) -> str:
        """:raises ValueError: no text; Django answers 404."""
        text = unquote(value.replace("~", "%"), errors="strict")
        if not text.isprintable():
            raise ValueError
        return text

    def to_url(self, value: str) -> str:
        return quote(value, safe="").replace(".", "%2E").replace("~", "%7E").replace("%", "~")


def register() -> None:
    """Make `<event_id:…>` known to Django's paths."""
    if "event_id" not in get_converters():
        register_converter(EventIdConverter, "event_id")
