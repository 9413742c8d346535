"""python -m ledgersafe.embedded: `status`, `stop`, `remove`; `supervise` is for the client only."""

import argparse
import os
import sys
import traceback
from typing import get_args

from ledgersafe.embedded import shutdown
from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import Purpose, ServerFolder, ServerName


def main() -> int:
    """Run one verb; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ledgersafe.embedded", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("status", help="which servers of this checkout run, and where")
    verbs.add_parser("stop", help="stop them, even under their clients' feet")
    verbs.add_parser("remove", help="stop them and delete their data")
    supervise = verbs.add_parser("supervise")
    supervise.add_argument("server", choices=get_args(ServerName))
    supervise.add_argument("purpose", choices=get_args(Purpose))
    supervise.add_argument("lock", type=int, help="descriptor of the inherited supervisor.lock")
    arguments = parser.parse_args()
    if arguments.verb == "supervise":
        return detach_and_supervise(ServerFolder.for_server(arguments.server, arguments.purpose), arguments.lock)
    try:
        return {"status": shutdown.status, "stop": shutdown.stop, "remove": shutdown.remove}[arguments.verb]()
    except EmbeddedServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def detach_and_supervise(folder: ServerFolder, lock: int) -> int:
    """Supervise a server in a process of its own, never as a child of the client that waits for it."""
    if os.fork():
        os._exit(0)
    from ledgersafe.embedded.supervisor import Supervisor

    os.set_inheritable(lock, False)
    # Variables like PGOPTIONS are meant for the user's own clients.
    for name in [name for name in os.environ if name.startswith("PG") and name != "PG_BIN_DIR"]:
        del os.environ[name]
    try:
        Supervisor(folder, lock).run()
    except EmbeddedServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error} (on a local disk it may work: set LEDGERSAFE_DATA_DIR to a folder there)\n")
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
