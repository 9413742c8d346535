"""When the embedded servers start, and when they end."""

import socket
import time
from collections.abc import Callable

from tests.ledgersafe.embedded.clients import (
    BECOME_SOMETHING_ELSE,
    Checkout,
    eventually,
    keep_seven,
    kept,
    kill_hard,
    query,
)


def test_it_starts_once_for_two_clients_that_come_at_the_same_time(new_checkout: Checkout) -> None:
    processes = [new_checkout.begin(), new_checkout.begin()]
    first, second = [new_checkout.joined(process) for process in processes]

    assert first.environment == second.environment
    supervisors = [line for line in new_checkout.processes().values() if line == "supervisor"]
    assert len(supervisors) == 1
    assert new_checkout.folder().supervisor_log.read_text().count("postgres runs on port") == 1


def test_it_lives_until_the_last_client_is_gone_even_by_kill_9(checkout: Checkout) -> None:
    first, second = checkout.client(redis=True), checkout.client(redis=True)

    first.leave()
    time.sleep(2.5)
    assert query(second.database, "SELECT 1") == 1

    second.kill()
    assert eventually(lambda: checkout.has_nothing_running() and checkout.has_nothing_running("valkey"))
    assert eventually(lambda: checkout.processes() == {})
    assert not checkout.folder().state.exists()
    assert "database system is shut down" in checkout.folder().server_log.read_text()


def test_a_client_that_comes_while_it_stops_gets_a_new_server(checkout: Checkout) -> None:
    checkout.client().kill()
    assert eventually(lambda: not checkout.folder().state.exists())

    assert query(checkout.client().database, "SELECT 1") == 1


def test_a_program_that_takes_the_clients_place_by_exec_keeps_the_server(checkout: Checkout) -> None:
    client = checkout.client(then=BECOME_SOMETHING_ELSE)

    time.sleep(2.5)

    assert query(client.database, "SELECT 1") == 1


def test_kill_9_of_the_supervisors_leaves_nothing_running(checkout: Checkout) -> None:
    client = checkout.client(redis=True)

    for server in ("postgres", "valkey"):
        kill_hard(checkout.state(server)["supervisor_pid"])
        checkout.folder(server).state.unlink()

    assert eventually(lambda: checkout.has_nothing_running() and checkout.has_nothing_running("valkey"))
    assert eventually(lambda: checkout.processes() == {})
    client.kill()


def test_a_client_right_after_kill_9_of_the_supervisor_gets_a_new_server(checkout: Checkout) -> None:
    client = checkout.client()
    keep_seven(client)

    kill_hard(checkout.state()["supervisor_pid"])

    assert kept(checkout.client()) == 7
    assert kept(client) == 7, "it is on the same port, so a client of the old one finds it too"


def test_it_leaves_its_last_port_to_whoever_took_it_meanwhile(checkout: Checkout) -> None:
    checkout.client()
    port = checkout.state()["port"]
    checkout.stop()

    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        assert query(checkout.client().database, "SELECT 1") == 1

    assert checkout.state()["port"] != port


def test_a_server_that_lost_its_supervisor_and_its_watcher_is_replaced(checkout: Checkout) -> None:
    checkout.client(redis=True)
    checkout.kill_watchers_and_supervisors()
    assert not checkout.has_nothing_running()

    assert query(checkout.client(redis=True).database, "SELECT 1") == 1


def test_it_restarts_a_server_that_was_killed_for_its_living_clients(checkout: Checkout) -> None:
    client = checkout.client()
    keep_seven(client)
    before = checkout.state()["server_pid"]

    kill_hard(before)

    assert eventually(lambda: checkout.folder().state.exists() and checkout.state()["server_pid"] != before)
    assert kept(client) == 7


def test_it_comes_back_however_often_it_is_killed(checkout: Checkout) -> None:
    """Each life shorter than the last: it used to be given up after the third."""
    client = checkout.client()
    keep_seven(client)
    for _ in range(4):
        kill_hard(checkout.state()["server_pid"])
        assert eventually(lambda: not checkout.folder().state.exists())
        assert eventually(checkout.folder().state.exists, seconds=60)
    assert kept(client) == 7


def test_stop_ends_it_while_it_waits_to_start_again(checkout: Checkout) -> None:
    client = checkout.client()
    settings = checkout.folder().path / "cluster" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nno_such_setting = 1\n")
    kill_hard(checkout.state()["server_pid"])
    log = checkout.folder().supervisor_log
    assert eventually(lambda: "it is started again in 2 s" in log.read_text(), seconds=60)

    checkout.verb("stop")

    assert checkout.has_nothing_running()
    settings.write_text(good)
    client.kill()


def test_it_comes_back_when_what_kept_it_from_starting_is_gone(checkout: Checkout) -> None:
    client = checkout.client()
    keep_seven(client)
    settings = checkout.folder().path / "cluster" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nno_such_setting = 1\n")
    kill_hard(checkout.state()["server_pid"])
    assert eventually(lambda: "does not start" in checkout.folder().supervisor_log.read_text(), seconds=60)

    settings.write_text(good)

    assert eventually(checkout.folder().state.exists, seconds=60)
    assert kept(client) == 7


def test_it_has_its_data_after_everything_was_killed(checkout: Checkout) -> None:
    client = checkout.client()
    keep_seven(client)
    client.kill()
    checkout.kill_everything()

    assert kept(checkout.client()) == 7


def test_a_process_that_got_the_old_servers_number_is_no_obstacle(new_checkout: Checkout) -> None:
    new_checkout.client().kill()
    state = new_checkout.state()
    new_checkout.kill_everything()
    stranger = new_checkout.begin(DATABASE_URL="postgresql://elsewhere")
    pid_file = new_checkout.folder().path / "cluster" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(state["server_pid"]), str(stranger.pid), 1))

    assert query(new_checkout.client().database, "SELECT 1") == 1

    assert stranger.poll() is None
    stranger.kill()
    stranger.communicate()


def test_a_second_checkout_runs_beside_the_first(make_checkout: Callable[..., Checkout]) -> None:
    first, second = make_checkout().client(redis=True), make_checkout().client(redis=True)

    assert first.database != second.database
    assert first.environment["REDIS_URL"] != second.environment["REDIS_URL"]
    assert query(first.database, "SELECT 1") == query(second.database, "SELECT 1") == 1


def test_stop_ends_it_under_its_clients_feet_and_the_next_client_starts_it_anew(checkout: Checkout) -> None:
    client = checkout.client()
    assert "data postgres: port " in checkout.verb("status")

    checkout.verb("stop")

    assert checkout.has_nothing_running()
    assert "not running" in checkout.verb("status")
    assert client.process.poll() is None
    assert query(checkout.client().database, "SELECT 1") == 1


def test_deleting_its_folder_ends_it(new_checkout: Checkout) -> None:
    new_checkout.client()

    new_checkout.data.rename(new_checkout.data.with_name("deleted"))

    assert eventually(lambda: new_checkout.processes() == {})
