"""`python -m bench.loading` (make bench-locust): Locust against a server of its own, then everything stops."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from bench import ROOT, databases
from bench.__main__ import end
from bench.load import UnexpectedAnswer
from bench.moving import BadSetting, Settings
from bench.servers import WebServer, ask_program, owner_of, prepare
from ledgersafe.embedded import EmbeddedServerError

DATABASE = "load"
_GRACE_SECONDS = 120
EXAMPLES = """\
from the environment: RUN_SECONDS (30), USERS (16), TX_PER_SEC (100), ACCOUNT_POOL_SIZE (1000), ACCOUNT_CCY (USD),
DEDUPE_RATE (0.05), BENCH_DATABASE_URL (a private Postgres)

examples:
  make bench-locust
  TX_PER_SEC=400 USERS=32 DEDUPE_RATE=0.2 make bench-locust

exit status: 0 every answer was right, 1 one was not, 2 it could not run
"""


def main() -> int:
    """:returns: the exit code."""
    argparse.ArgumentParser(
        prog="python -m bench.loading",
        description="Load POST /v1/transfers by Locust.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        Settings.read(os.environ)
        databases.choose_server()
        with databases.only_run():
            return _run(seconds=_whole("RUN_SECONDS", 30), users=_whole("USERS", 16))
    except (BadSetting, UnexpectedAnswer, databases.UnfitServer, EmbeddedServerError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted; everything it started has been stopped.\n")
        return 130


def _run(seconds: int, users: int) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    try:
        slug = next(iter(prepare(DATABASE, 1)))
        key = ask_program(owner_of(DATABASE), "bench.chart", slug, "0")
        with WebServer(DATABASE) as server:
            return _locust(server.port, key, seconds, users)
    finally:
        databases.drop(DATABASE)


def _locust(port: int, key: str, seconds: int, users: int) -> int:
    command = [
        sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py")), "--headless",
        "--only-summary", "--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s",
        "--stop-timeout", "10", "--host", f"http://127.0.0.1:{port}",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"LEDGER_KEY": key}) as locust:
        try:
            return locust.wait(seconds + _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            raise UnexpectedAnswer("Locust did not end.") from None
        finally:
            locust.kill()


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise BadSetting(f"{name} must be a whole number above 0.")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
