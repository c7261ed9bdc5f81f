"""Health over HTTP: a real server on the loopback address, asked by urllib."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from spine.app import Application, open_project
from spine.app.health_server import Health, health_server
from spine.core.errors import ConfigError
from spine.storage.migrate import VERSION_TABLE
from spine.testing import FixedClock
from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS, Project
from tests.prometheus import value

HERE = ("127.0.0.1", 0)


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    Project(tmp_path).write("spine.toml", "[spine]\n")
    with open_project(tmp_path) as found:
        yield found


def working(application: Application) -> Health:
    """Return the health of a service that has begun to work."""
    health = Health(application)
    health.beat()
    return health


def get(port: int, path: str) -> tuple[int, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=DEADLINE_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def ask(port: int, path: str, host: str | None) -> tuple[int, str, str]:
    """Return the status, the content type and the text of an answer to a request with that Host header."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
    connection.putrequest("GET", path, skip_host=True)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read().decode()


def send(port: int, request: bytes) -> bytes:
    """Send bytes and return the whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_a_service_that_beats_is_well_and_ready(application: Application) -> None:
    with health_server(HERE, working(application)) as port:
        assert get(port, "/healthz") == (200, {"status": "ok"})
        assert get(port, "/readyz?verbose=1") == (200, {"status": "ok"})


def test_a_service_that_has_not_begun_to_work_is_well_and_not_ready(application: Application) -> None:
    with health_server(HERE, health := Health(application)) as port:
        assert get(port, "/healthz")[0] == 200
        assert get(port, "/readyz") == (503, {"status": "unavailable", "reason": "it is starting"})
        health.beat()
        assert get(port, "/readyz")[0] == 200


def test_a_service_that_has_not_beaten_for_half_a_minute_is_ill_until_its_next_beat(
    application: Application, fixed_clock: FixedClock
) -> None:
    health = Health(application)
    with health_server(HERE, health) as port:
        fixed_clock.advance(29)
        assert get(port, "/healthz")[0] == 200
        fixed_clock.advance(1)
        for path in ("/healthz", "/readyz"):
            assert get(port, path) == (503, {"status": "unavailable", "reason": "no beat for 30 s"})
        health.beat()
        assert get(port, "/healthz")[0] == 200


def test_a_service_that_stops_is_not_ready_and_not_ill_however_long_its_runs_take(
    application: Application, fixed_clock: FixedClock
) -> None:
    stopping = threading.Event()
    with health_server(HERE, Health(application, stopping)) as port:
        stopping.set()
        fixed_clock.advance(3600)
        assert get(port, "/readyz") == (503, {"status": "unavailable", "reason": "it is stopping"})
        assert get(port, "/healthz")[0] == 200


def test_what_a_service_cannot_do_is_told_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIDE_PASSWORD", "hunter22")
    side = '[databases.side]\ntype = "postgresql"\ndatabase = "side"\npassword = { env = "SIDE_PASSWORD" }\n'
    Project(tmp_path).write("spine.toml", f"[spine]\n{side}")
    with open_project(tmp_path) as application, health_server(HERE, health := Health(application)) as port:
        health.beat("cannot write to postgresql://spine:hunter22@db.example/spine")
        code, said = get(port, "/readyz")
        assert (code, "cannot write" in said["reason"], "hunter22" in said["reason"]) == (503, True, False)
        assert get(port, "/healthz")[0] == 200
        health.beat()
        assert get(port, "/readyz")[0] == 200


@pytest.mark.slow
def test_a_service_whose_database_is_away_is_not_ready_until_it_is_back(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    made = Project(tmp_path)
    made.write("spine.toml", f'[spine]\ndatabase = "{own_postgres.url}"\n')
    assert made.call("db", "upgrade").code == 0
    with open_project(tmp_path) as application, health_server(HERE, working(application)) as port:
        assert get(port, "/readyz")[0] == 200
        own_postgres.halt()
        assert get(port, "/readyz")[0] == 503
        assert get(port, "/metrics")[0] == 503
        assert get(port, "/healthz")[0] == 200
        own_postgres.restart()
        assert get(port, "/readyz")[0] == 200
        assert ask(port, "/metrics", None)[0] == 200


def test_a_service_whose_tables_have_another_version_is_not_ready(application: Application) -> None:
    with health_server(HERE, working(application)) as port:
        assert get(port, "/readyz")[0] == 200
        application.adapter.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
        code, said = get(port, "/readyz")
        assert (code, "the tables have version 9999" in said["reason"]) == (503, True)
        assert get(port, "/healthz")[0] == 200


def test_metrics_are_in_the_text_format_of_prometheus(application: Application) -> None:
    with health_server(HERE, working(application)) as port:
        code, kind, text = ask(port, "/metrics", "127.0.0.1")
        assert (code, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert value(text, "spine_schedulers") == 0


def test_metrics_are_read_once_a_second_whatever_the_number_of_readers(
    application: Application, fixed_clock: FixedClock
) -> None:
    with health_server(HERE, working(application)) as port:
        first = ask(port, "/metrics", None)[2]
        application.adapter.execute("DELETE FROM core_schedulers")
        application.adapter.execute(
            "INSERT INTO core_alert_channels (project, name, channel_type, config, min_severity, domains, enabled, "
            "throttle_minutes, consecutive_failures) VALUES ('', 'ops', 'webhook', '{}', 'ERROR', '[]', 1, 5, 0)"
        )
        fixed_clock.advance(0.9)
        assert ask(port, "/metrics", None)[2] == first
        fixed_clock.advance(0.2)
        assert value(ask(port, "/metrics", None)[2], "spine_alert_deliveries_waiting", channel="ops") == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:9", "LOCALHOST", "[::1]:80", None])
@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_this_machine_is_answered(application: Application, path: str, host: str | None) -> None:
    with health_server(HERE, working(application)) as port:
        assert ask(port, path, host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[", "@"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/other"])
def test_a_page_that_leads_another_name_to_this_machine_learns_nothing(
    application: Application, path: str, host: str
) -> None:
    with health_server(HERE, working(application)) as port:
        code, _, text = ask(port, path, host)
        assert (code, json.loads(text)["status"]) == (421, "unknown host")


def test_a_service_that_is_bound_to_every_address_is_asked_by_any_name(application: Application) -> None:
    with health_server(("0.0.0.0", 0), Health(application)) as port:
        assert ask(port, "/healthz", "spine.example:8080")[0] == 200


def test_many_clients_that_send_nothing_hold_up_no_other(application: Application) -> None:
    with health_server(HERE, working(application)) as port, ExitStack() as idle:
        for _ in range(50):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        for path in ("/healthz", "/readyz"):
            assert get(port, path)[0] == 200
        assert ask(port, "/metrics", None)[0] == 200


def test_clients_that_send_slowly_take_few_connections_and_hold_up_no_other(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spine.app.health_server._REQUEST_SECONDS", DEADLINE_SECONDS)
    with health_server(HERE, working(application)) as port, ExitStack() as slow:
        clients = [slow.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(100)]
        for client in clients:
            with suppress(OSError):  # it was cut off
                client.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        assert get(port, "/healthz")[0] == 200
        clients[0].settimeout(30)
        with suppress(ConnectionError):  # another way of being cut off
            assert clients[0].recv(1) == b""


@pytest.mark.parametrize("path", ["/", "/healthz/", "/healthz/../readyz", "/%68ealthz", "/etc/passwd"])
def test_any_other_path_is_unknown(application: Application, path: str) -> None:
    with health_server(HERE, working(application)) as port:
        assert get(port, path) == (404, {"status": "unknown path", "paths": ["/healthz", "/metrics", "/readyz"]})


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\x00\xff\n\r\n",
        b"GET\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
        b"GET /healthz\r\nInjected: yes HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"GET /<script> HTTP/1.1\r\n\r\n",
    ],
)
def test_a_hostile_request_is_answered_or_dropped_and_the_next_one_served(
    application: Application, request_: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with health_server(HERE, working(application)) as port:
        answer = send(port, request_)
        assert b"200" not in answer.partition(b"\r\n")[0]
        assert b"<script>" not in answer
        assert b"Python" not in answer
        assert get(port, "/healthz")[0] == 200
    assert capsys.readouterr().err == ""


def test_a_client_that_sends_nothing_holds_up_no_other(application: Application) -> None:
    with health_server(HERE, working(application)) as port, socket.create_connection(("127.0.0.1", port)):
        assert get(port, "/healthz")[0] == 200


def test_a_port_that_is_taken_is_one_sentence(application: Application) -> None:
    with health_server(HERE, working(application)) as port:
        sentence = rf"^--health 127\.0\.0\.1:{port}: .*in use: give another port"
        with pytest.raises(ConfigError, match=sentence), health_server(("127.0.0.1", port), Health(application)):
            pass


@pytest.mark.parametrize("host", ["256.0.0.1", "a" * 70, "no such host", "\u00e9" * 100, "."])
def test_a_host_that_is_not_here_is_one_sentence(application: Application, host: str) -> None:
    with pytest.raises(ConfigError, match=r"^--health .*: give another port, or a host here$"):  # noqa: SIM117
        with health_server((host, 0), Health(application)):
            pass


def test_an_address_of_the_sixth_version_of_ip_is_served(application: Application) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with health_server(("::1", 0), Health(application)) as port:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        assert opener.open(f"http://[::1]:{port}/healthz", timeout=DEADLINE_SECONDS).status == 200


def test_it_answers_no_more_after_the_block(application: Application) -> None:
    with health_server(HERE, working(application)) as port:
        pass
    with pytest.raises(OSError, match="refused"):
        get(port, "/healthz")
