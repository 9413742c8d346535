"""Finding the end of what arrives, however it is cut into pieces."""

from hypothesis import given
from hypothesis import strategies as st

from ledgersafe.webserver.framing import ChunkedBody, may_be_whole

CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
TRAILERS = st.sampled_from([b"\r\n", b"X-One: 1\r\n\r\n", b"X-One: 1\r\nX-Two: 2\r\n\r\n"])


def end_of(pieces: list[bytes]) -> int | None:
    """Where a body ends that comes in these pieces."""
    body, before = ChunkedBody(), 0
    for piece in pieces:
        end = body.end_in(piece)
        if end is not None:
            return before + end
        before += len(piece)
    return None


@given(CHUNKS, TRAILERS, st.sampled_from([b"", b";a=b", b" ; a"]), st.binary(max_size=50), st.data())
def test_a_body_in_chunks_ends_where_it_ends(
    chunks: list[bytes], trailer: bytes, extension: bytes, rest: bytes, data: st.DataObject
) -> None:
    body = b"".join(b"%X%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks) + b"0\r\n" + trailer
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body + rest)), max_size=8)))
    pieces = [(body + rest)[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    assert end_of(pieces) == len(body)
    assert end_of([body[:-1]]) is None


@given(st.binary(max_size=200), st.data())
def test_anything_at_all_is_measured_alike_in_one_piece_and_in_many(garbage: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(garbage)), max_size=5)))
    pieces = [garbage[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    whole, parts = end_of([garbage]), end_of(pieces)
    assert whole == parts


@given(st.binary(max_size=60), st.integers(0, 60))
def test_a_head_that_has_ended_is_never_missed(garbage: bytes, cut: int) -> None:
    head = garbage + b"\r\n\r\n"
    cut = min(cut, len(head) - 1)
    assert may_be_whole(head[:cut], 0, 8190) or may_be_whole(head, cut, 8190)
