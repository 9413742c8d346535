"""Collect one request while it arrives, until its last byte is here."""

from tempfile import SpooledTemporaryFile
from typing import Any, Final

from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.http.errors import NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

from ledgersafe.webserver import framing
from ledgersafe.webserver.limits import HEAD_BYTES, MEMORY_BYTES
from ledgersafe.webserver.refusals import LARGE_BODY, LONG_HEAD, Refusal

#: Bytes read back at once.
_PIECE_BYTES: Final = 1024 * 1024


class RequestBuffer(Unreader):  # type: ignore[misc]  # gunicorn is untyped
    """Received bytes for gunicorn's parser. It ends with them: the parser never waits for a client."""

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self.buf.write(head)
        self.body: SpooledTemporaryFile[bytes] | None = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        return self.body.read(min(size_hint or _PIECE_BYTES, _PIECE_BYTES)) if self.body else b""


class IncomingRequest:
    """A request. `feed` it until it `is_whole`, then `open` it in the thread that answers."""

    def __init__(self, cfg: Any, client: Any, number: int, body_limit: int) -> None:
        self._cfg, self._client, self.number, self._body_limit = cfg, client, number, body_limit
        self._head = bytearray()
        self._received = RequestBuffer(b"")
        self._body: SpooledTemporaryFile[bytes] | None = None
        self._chunks: framing.ChunkedBody | None = None
        self._length = 0
        self._go_ahead = False
        #: gunicorn's request, once the head has been read.
        self.request: Any = None
        self.is_whole = False
        self.has_begun = False
        #: Bytes of the body kept so far.
        self.kept = 0
        #: Why the application will not answer it.
        self.trouble: Refusal | Exception | None = None
        #: Bytes after its end: the beginning of the next request.
        self.rest = b""

    @property
    def expects_go_ahead(self) -> bool:
        """Tell whether the client waits for `100 Continue` before it sends the body."""
        return self._go_ahead and not self.is_whole

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection."""
        self.has_begun = True
        if self.request is None:
            self._take_head(data)
        else:
            self._take_body(data)

    def go_ahead(self) -> None:
        """Note that `100 Continue` was sent."""
        self._go_ahead = False

    def open(self) -> Any:
        """Return gunicorn's request with its body.

        :raises ParseException: its chunks are malformed.
        """
        if self._body is not None:
            self._body.seek(0)
            self._received.body = self._body
        if self._chunks is not None:
            self._join_chunks()
        return self.request

    def close(self) -> None:
        """Forget the body."""
        if self._body is not None:
            self._body.close()

    # ── The head ────────────────────────────────────────────────────────────────────────────────
    def _take_head(self, data: bytes) -> None:
        new_from = len(self._head)
        self._head += data
        if framing.may_be_whole(self._head, new_from, self._cfg.limit_request_line):
            self._received = RequestBuffer(bytes(self._head))
            try:
                self.request = Request(self._cfg, self._received, self._client, self.number)
            except NoMoreData:
                pass  # its end is still to come
            except Exception as error:  # what a parser raises is answered to the client
                self.trouble = error
                return
            else:
                self._begin_body()
                return
        if len(self._head) > HEAD_BYTES:
            self.trouble = LONG_HEAD

    def _begin_body(self) -> None:
        self._head.clear()
        # The loop sends `100 Continue`: gunicorn would do so in the thread, after the body.
        self._go_ahead = self.request._expected_100_continue
        self.request._expected_100_continue = False
        reader = self.request.body.reader
        if isinstance(reader, ChunkedReader):
            self._chunks = framing.ChunkedBody()
        else:
            self._length = reader.length
        if self._length > self._body_limit:
            self.trouble = LARGE_BODY
            return
        self._take_body(self._received.take_buffered())

    # ── The body ────────────────────────────────────────────────────────────────────────────────
    def _take_body(self, data: bytes) -> None:
        if self._chunks is not None:
            end = self._chunks.end_in(data)
        else:
            missing = self._length - self.kept
            end = missing if len(data) >= missing else None
        body = data if end is None else data[:end]
        if body:
            self._keep(body)
        if end is not None:
            self.is_whole, self.rest = True, data[end:]

    def _keep(self, data: bytes) -> None:
        if self.kept + len(data) > self._body_limit:
            self.trouble = LARGE_BODY
            return
        if self._body is None:
            self._body = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  closed with the answer
        self._body.write(data)
        self.kept += len(data)

    def _join_chunks(self) -> None:
        """Read the chunks here, before the view, so that malformed ones are answered as the client's fault."""
        joined: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  closed as the body
        while piece := self.request.body.read(_PIECE_BYTES):
            joined.write(piece)
        if self._received.buf.getvalue() or self._received.chunk():
            # The parser found another end than we did, so the begin of the next request is unknown.
            self.request.force_close()
        self.close()
        self._body, length = joined, joined.tell()
        joined.seek(0)
        whole = RequestBuffer(b"")
        whole.body = joined
        self.request.body = Body(LengthReader(whole, length))
