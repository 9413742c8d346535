"""Find out whether a port of this machine is free, and which is."""

import errno
import socket
from typing import Any, Final

#: How many following ports are tried for a proposal.
_NEXT_PORTS: Final = 50


def refusal_to_listen(host: str, port: int) -> str | None:
    """Say in one line why this address cannot be listened on; None: it can."""
    if not 0 <= port <= 65_535:
        return f"There is no port {port}: ports are 0–65535."
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        return f"There is no address {host}:{port} to listen on."
    error = _try(family, address)
    if error is None:
        return None
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; try `make serve PORT={_free_port_after(port)}`."
    return f"Nobody can listen on {host}:{port}: {error.strerror}."


def is_free(port: int) -> bool:
    """Tell whether a port of this machine is free."""
    return _try(socket.AF_INET, ("127.0.0.1", port)) is None


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _free_port_after(port: int) -> int:
    following = range(port + 1, min(port + _NEXT_PORTS, 65_536))
    return next((other for other in following if is_free(other)), None) or free_port()


def _try(family: int, address: Any) -> OSError | None:
    """Listen for a moment. Return the error, if any."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Like gunicorn: a port is free although its last server's connections still linger (TIME_WAIT).
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return error
    return None
