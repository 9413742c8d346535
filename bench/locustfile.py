"""Load on `POST /v1/transfers`, by Locust. `make bench-locust` runs it on servers of its own; on a server of yours:

    LEDGER_KEY=… locust -f bench/locustfile.py --headless -u 16 -t 30s --host http://127.0.0.1:8000

The key needs the scope `ledger:write`. The rest of the settings: `bench/moving.py`.
"""

import os
import random
import secrets
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gevent.pool
import requests
from locust import FastHttpUser, constant_throughput, events, task
from locust.env import Environment

from bench.moving import BadSetting, Mover, Outcome, Settings

_AT_ONCE = 8
_LETTERS = str.maketrans("0123456789", "ghijklmnop")  # no key of ours can look like a card number

try:
    SETTINGS = Settings.read(os.environ)
except BadSetting as error:
    raise SystemExit(f"locustfile: {error}") from None
if not (KEY := os.environ.get("LEDGER_KEY", "")):
    raise SystemExit("locustfile: LEDGER_KEY must be an API key with the scope ledger:write.")
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
MOVER = Mover(SETTINGS, secrets.token_hex(6).translate(_LETTERS), random.Random())
REPEATED, NEW = "transfer, repeated", "transfer"


class Payer(FastHttpUser):
    """Sends transfers, and looks into every answer. All users share what may be repeated."""

    def wait_time(self) -> float:
        """So that all users together come to TX_PER_SEC."""
        users = self.environment.runner.target_user_count if self.environment.runner else 1
        wait: float = constant_throughput(SETTINGS.per_second / max(users, 1))(self)
        return wait

    @task
    def move(self) -> None:
        """One transfer, or one of the answered ones again."""
        sent = MOVER.next()
        name = REPEATED if sent.is_repeat else NEW
        with self.client.post(
            "/v1/transfers", data=sent.body, headers=HEADERS, name=name, catch_response=True
        ) as response:
            fault = sent.fault(response.status_code, told := _json(response))
            if fault:
                response.failure(fault)
            else:
                response.success()
                MOVER.answered(sent, told["journal_id"])


def _json(response: Any) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


@events.init.add_listener
def open_accounts(environment: Environment, **_: Any) -> None:
    """The pool, before the clock starts; accounts of a former run stay as they are.

    :raises SystemExit: one could not be opened.
    """
    started, pool = time.perf_counter(), gevent.pool.Pool(_AT_ONCE)
    with requests.Session() as session:
        refused = [
            text for text in pool.imap_unordered(_opener(session, str(environment.host)), SETTINGS.openings()) if text
        ]
    if refused:
        raise SystemExit(f"locustfile: {len(refused)} accounts could not be opened: {refused[0]}")
    sys.stderr.write(f"{SETTINGS.accounts:,} accounts are open after {time.perf_counter() - started:.1f} s\n")
    environment.events.quit.add_listener(lambda **_: report(environment))  # below Locust's own tables


def _opener(session: requests.Session, host: str) -> Any:
    def open_one(body: dict[str, Any]) -> str:
        try:
            answer = session.post(f"{host}/v1/accounts", json=body, headers=HEADERS, timeout=60)
        except requests.RequestException as error:
            return str(error)
        return "" if answer.status_code in {201, 409} else f"{answer.status_code} {answer.text[:200]}"

    return open_one


@events.quitting.add_listener
def judge(environment: Environment, **_: Any) -> None:
    """1 when anything failed, or nothing was asked; a repeat that was answered as one did not fail."""
    environment.process_exit_code = 0 if _outcome(environment).is_good else 1


def report(environment: Environment) -> None:
    """The table, and what failed how often."""
    print(f"\n{_outcome(environment).table()}", flush=True)
    for fault in environment.stats.errors.values():
        print(f"failed {fault.occurrences} times: {fault.error}", flush=True)


def _outcome(environment: Environment) -> Outcome:
    total, repeated = environment.stats.total, environment.stats.get(REPEATED, "POST")
    return Outcome(
        requests=total.num_requests,
        failures=total.num_failures,
        repeats=repeated.num_requests,
        seconds=(total.last_request_timestamp or 0) - (total.start_time or 0),
        p95_milliseconds=total.get_response_time_percentile(0.95) or 0,
        asked_per_second=SETTINGS.per_second,
    )
