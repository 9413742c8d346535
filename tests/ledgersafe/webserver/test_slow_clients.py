"""As many slow clients as there like to be: honest ones are answered, and slow ones are told so and cut off."""

import time
from collections.abc import Iterator

import pytest

from tests.ledgersafe.webserver.clients import GET, KINDS, Server, SlowClients, one_answer, rest_of, tiny_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tiny_server() as server:
        yield server


@pytest.mark.parametrize("number", [8, 40, 200])
@pytest.mark.parametrize("kind", KINDS)
def test_honest_clients_are_answered_beside_slow_ones(server: Server, kind: str, number: int) -> None:
    with SlowClients(server, kind, number) as slow:
        for _ in range(20):
            slow.drip()
            assert server.answers()


@pytest.mark.parametrize(
    ("kind", "status"), [("header", b"408"), ("body", b"408"), ("sign-in", b"408"), ("chunks", b"408"), ("silent", b"")]
)
def test_a_slow_client_is_cut_off_after_its_time_however_it_drips(server: Server, kind: str, status: bytes) -> None:
    began = time.monotonic()
    with SlowClients(server, kind, 1) as slow:
        while not slow.cut_off:
            slow.drip()
            assert time.monotonic() - began < 20
            time.sleep(0.1)
    assert time.monotonic() - began >= 2  # and not before
    assert slow.cut_off[0][9:12] == status
    assert (b"application/problem+json" in slow.cut_off[0]) == bool(status)


def test_a_request_has_its_own_time_on_a_connection_that_is_kept(server: Server) -> None:
    with server.connect() as client:
        for _ in range(3):
            client.sendall(GET[:10])
            time.sleep(1)  # three times make more than the two seconds that one has
            client.sendall(GET[10:])
            assert one_answer(client).startswith(b"/hello ")


def test_who_keeps_up_has_longer(server: Server) -> None:
    """2 MB in pieces over 3 seconds, of which 2 are granted."""
    size = 2_000_000
    head = f"POST /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n".encode()
    answer = server.ask(head, *[b"x" * (size // 10)] * 10, pause=0.3)
    assert f"/up {size} ".encode() in answer


def test_clients_that_do_not_read_hold_no_thread(server: Server) -> None:
    """Answers that no socket's buffer holds, to more clients than there are threads."""
    readers = [server.connect(receive_buffer=4096) for _ in range(12)]
    try:
        for client in readers:
            client.sendall(b"GET /big?8000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(20):
            assert server.answers()
        time.sleep(6)
        assert all(len(rest_of(client)) < 8_000_000 for client in readers)  # given up after two seconds
    finally:
        for client in readers:
            client.close()


@pytest.mark.parametrize("path", ["big", "parts"])
def test_a_reader_that_is_late_gets_everything(server: Server, path: str) -> None:
    with server.connect(receive_buffer=4096) as client:
        client.sendall(f"GET /{path}?5000000 HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(1)
        assert rest_of(client).partition(b"\r\n\r\n")[2] == b"x" * 5_000_000


def test_where_there_are_too_many_the_slowest_goes() -> None:
    with (
        tiny_server(WEB_CONNECTIONS="16", WEB_HEADER_SECONDS="60") as server,
        SlowClients(server, "header", 16) as slow,
    ):
        time.sleep(1.5)  # for longer than honest clients need
        for _ in range(10):
            assert server.answers()
        with SlowClients(server, "header", 60):
            time.sleep(1.5)
            for _ in range(10):
                assert server.answers()
        slow.drip()
        slow.drip()
        assert slow.cut_off


def test_bodies_are_kept_within_bounds() -> None:
    """Four large bodies that stop before their end, where two have room: an honest one is answered all the same."""
    size = 8_000_000
    head = f"POST /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n".encode()
    with tiny_server(WEB_BUFFER_BYTES="20000000", WEB_BODY_SECONDS="60") as server:
        slow = [server.connect() for _ in range(4)]
        for client in slow:
            client.sendall(head + b"x" * (size - 1))
        assert f"/up {size} ".encode() in server.ask(head, b"y" * size)
        assert b" 503 " in slow[0].recv(4096)
        for client in slow:
            client.close()


def test_a_server_that_is_stopped_does_not_wait_for_slow_clients_for_ever() -> None:
    with tiny_server() as server, SlowClients(server, "body", 20), SlowClients(server, "header", 20):
        assert server.answers()
        server.process.terminate()
        began = time.monotonic()
        assert server.process.wait(30) == 0
        assert time.monotonic() - began < 15
