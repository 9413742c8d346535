"""Find the end of a request while it arrives; parsing is gunicorn's business."""

from typing import Final

from ledgersafe.webserver.limits import HEAD_BYTES

_HEXADECIMAL: Final = frozenset(b"0123456789abcdefABCDEF")
_SIZE_LINE_BYTES: Final = 8190


def may_be_whole(head: bytes | bytearray, new_from: int, line_limit: int) -> bool:
    """Tell whether a head is worth parsing: it is complete, or can only be refused.

    :param new_from: where the bytes begin that were not searched before.
    """
    if head.find(b"\r\n\r\n", max(0, new_from - 3)) >= 0:
        return True
    # gunicorn refuses a bare LF, so a head with one needs no further bytes.
    if head.count(b"\n") != head.count(b"\r\n"):
        return True
    return len(head) > line_limit + 4 and b"\r\n" not in head[2 : line_limit + 4]


class ChunkedBody:
    """Finds the end of a chunked body. A malformed one ends where that shows: the parser refuses it."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._left = 0
        self._in_trailer = False

    def end_in(self, data: bytes) -> int | None:
        """Return how many bytes of this piece belong to the body if it ends here, else None."""
        position = 0
        while position < len(data):
            if self._in_trailer:
                return self._end_of_trailer(data, position)
            if self._left:
                step = min(self._left, len(data) - position)
                self._left -= step
                position += step
                continue
            end = data.find(b"\n", position)
            if end < 0:
                self._line += data[position:]
                return len(data) if len(self._line) > _SIZE_LINE_BYTES else None
            self._line += data[position : end + 1]
            position = end + 1
            if not self._read_size():
                return position
        return None

    def _read_size(self) -> bool:
        """Read a chunk's size; False if it is malformed."""
        digits = bytes(self._line).split(b";", 1)[0].strip(b" \t\r\n")
        if not digits or len(digits) > 16 or not _HEXADECIMAL.issuperset(digits):
            return False
        size = int(digits, 16)
        self._line.clear()
        # Each chunk ends with CRLF.
        self._left = size + 2 if size else 0
        self._in_trailer = not size
        return True

    def _end_of_trailer(self, data: bytes, position: int) -> int | None:
        before = len(self._line)
        self._line += data[position:]
        if self._line[:2] == b"\r\n":
            end = 2
        elif (position_of_end := self._line.find(b"\r\n\r\n")) >= 0:
            end = position_of_end + 4
        else:
            # Too long a trailer: end here, and let the parser refuse it.
            return len(data) if len(self._line) > HEAD_BYTES else None
        return position + end - before
