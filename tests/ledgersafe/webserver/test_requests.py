"""HTTP as it was before: what is well-formed is answered, in one piece or in many; what is not is refused."""

import hashlib
import json
from collections.abc import Iterator

import pytest

from ledgersafe.http.problems import problem
from tests.ledgersafe.webserver.clients import GET, Server, one_answer, tiny_server

HEAD = b"POST /up HTTP/1.1\r\nHost: localhost\r\n"
CLOSE = b"GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tiny_server() as server:
        yield server


def seen(path: str, body: bytes = b"") -> bytes:
    """What `tiny` answers."""
    return f"{path} {len(body)} {hashlib.md5(body).hexdigest()}".encode()  # noqa: S324


def test_a_connection_is_kept(server: Server) -> None:
    with server.connect() as client:
        for _ in range(5):
            client.sendall(GET)
            assert one_answer(client) == seen("/hello")


def test_requests_may_come_all_at_once(server: Server) -> None:
    body = HEAD + b"Content-Length: 3\r\n\r\nabc"
    chunks = CHUNKED + b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
    answers = server.ask(GET + body + chunks + b"\r\n" + GET + CLOSE)
    bodies = [seen("/hello"), seen("/up", b"abc"), seen("/up", b"abcde"), seen("/hello"), seen("/last")]
    assert answers.count(b"HTTP/1.1 200 OK") == 5
    position = 0
    for expected in bodies:
        position = answers.index(expected, position) + 1


@pytest.mark.parametrize(
    "request_",
    [GET, HEAD + b"Content-Length: 3\r\n\r\nabc", CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"],
    ids=["get", "length", "chunks"],
)
def test_a_request_may_come_byte_by_byte(server: Server, request_: bytes) -> None:
    pieces = [bytes([byte]) for byte in request_ + CLOSE]
    assert server.ask(*pieces, pause=0.001).count(b" 200 OK") == 2


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
def test_bodies_arrive_whole(server: Server, size: int) -> None:
    body = bytes(range(251)) * (size // 251 + 1)
    body = body[:size]
    plain = HEAD + f"Content-Length: {size}\r\n\r\n".encode() + body
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:70_000], body[70_000:]) if part)
    answers = server.ask(plain + CHUNKED + chunks + b"0\r\n\r\n" + CLOSE)
    assert answers.count(seen("/up", body)) == 2


def test_who_asks_before_sending_is_told_to_go_on_once(server: Server) -> None:
    with server.connect() as client:
        client.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_a_body_nobody_would_read_is_refused_before_it_is_sent(server: Server) -> None:
    answer = server.ask(HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_old_client_is_answered_and_closed(server: Server) -> None:
    assert server.ask(b"GET /old HTTP/1.0\r\n\r\n").endswith(seen("/old"))


def test_a_request_that_is_given_up_is_forgotten(server: Server) -> None:
    with server.connect() as client:
        client.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf")
    assert server.answers()


#: What two servers in a row might read differently, and what is no HTTP at all.
PROBES = {
    "two lengths": (400, HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    "length and chunks": (400, HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "chunked twice": (400, HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "unknown coding": (501, HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    "space before colon": (400, HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    "folded header": (400, HEAD + b"X-One: 1\r\n two\r\n\r\n"),
    "signed length": (400, HEAD + b"Content-Length: +3\r\n\r\nabc"),
    "negative length": (400, HEAD + b"Content-Length: -1\r\n\r\n"),
    "hexadecimal length": (400, HEAD + b"Content-Length: 0x3\r\n\r\nabc"),
    "bare line feeds": (400, b"GET / HTTP/1.1\nHost: localhost\n\n"),
    "bare line feed in headers": (400, b"GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n"),
    "no chunk size": (400, CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"),
    "chunk with bare line feed": (400, CHUNKED + b"3\nabc\n0\n\n"),
    "chunk longer than told": (400, CHUNKED + b"3\r\nabcXX\r\n0\r\n\r\n"),
    "chunk of sixteen exabytes": (400, CHUNKED + b"fffffffffffffffff\r\nabc\r\n"),
    "chunk extension without end": (400, CHUNKED + b"3;" + b"a" * 9000),
    "old client with chunks": (400, CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n"),
    "version": (400, b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"),
    "two hosts": (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    "expectation": (417, HEAD + b"Expect: a miracle\r\nContent-Length: 1\r\n\r\na"),
    "long line": (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n"),
    "no line": (414, b"\x16\x03\x01" + b"a" * 9000),
    "long head": (431, b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"a" * 70_000),
    "many headers": (431, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
    "large body": (413, HEAD + b"Content-Length: 20000000\r\n\r\n"),
    "large chunks": (413, CHUNKED + b"1000000\r\n" + b"x" * 0x1000000 + b"\r\n" + b"1000000\r\n" + b"x" * 0x1000000),
}


@pytest.mark.parametrize("name", PROBES)
def test_what_is_no_request_is_refused_with_a_problem_and_nothing_after_it_is_read(server: Server, name: str) -> None:
    status, probe = PROBES[name]
    answer = server.ask(probe + CLOSE)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in head
    assert b"/last" not in answer
    told = json.loads(body)
    assert told["status"] == status
    assert list(told) == list(json.loads(problem(status, told["code"], "As everywhere.").content))
    assert server.answers()


def test_an_application_that_fails_is_a_problem_too(server: Server) -> None:
    answer = server.ask(b"GET /fails HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b'"code": "INTERNAL_ERROR"' in answer
    assert b"as it was asked to" not in answer


def test_an_answer_that_breaks_off_ends_there(server: Server) -> None:
    answer = server.ask(b"GET /breaks HTTP/1.1\r\nHost: localhost\r\n\r\n" + GET)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(b"4\r\nhalf\r\n")  # and not the last chunk, which would make it whole
