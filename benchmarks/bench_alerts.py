"""Delay of a healthy alert channel by a dead one: the time from a flush to the arrival at the healthy channel.

Beside it in the same run: the same alerts without the dead channel. The dead one sends a byte now and then until
its deadline, as an overloaded proxy does.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from spine.core.adapters.database import get_adapter
from spine.framework.alerts import Alert, AlertChannel, AlertSeverity
from spine.framework.alerts.channels.webhook import WebhookChannel
from spine.framework.alerts.route import RoutedAlert, route_of
from spine.framework.alerts.sender import AlertSender
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.migrate import upgrade

DEADLINE_SECONDS = 3.0


def listen(answer: Callable[[socket.socket], None]) -> str:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def drip(connection: socket.socket) -> None:
    try:
        for _ in range(100):
            connection.sendall(b"H")
            time.sleep(0.2)
    except OSError:
        connection.close()


def well(arrivals: list[float]) -> str:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            arrivals.append(time.perf_counter())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def measure(channels: list[AlertChannel], arrivals: list[float], alerts: int) -> float:
    """Return the milliseconds from the flush to the first arrival."""
    with tempfile.TemporaryDirectory() as folder, get_adapter(f"sqlite:///{Path(folder) / 'spine.db'}") as adapter:
        upgrade(adapter)
        store = SqlAlertStore(History(adapter))
        for number in range(alerts):
            alert = Alert(AlertSeverity.ERROR, f"failure {number}", "it is down", "bench")
            store.add(RoutedAlert(alert, tuple(route_of(channel) for channel in channels)))
        arrivals.clear()
        sender = AlertSender(store, {channel.name: channel for channel in channels}.get)
        began = time.perf_counter()
        flushing = Thread(target=sender.send, args=(store.due(),))
        flushing.start()
        while len(arrivals) < alerts:
            time.sleep(0.001)
        found = (arrivals[-1] - began) * 1000
        flushing.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alerts", type=int, default=1)
    given = parser.parse_args()
    arrivals: list[float] = []
    good = WebhookChannel("well", well(arrivals))
    dead = WebhookChannel("dead", listen(drip), deadline_seconds=DEADLINE_SECONDS)
    measure([good], arrivals, given.alerts)  # the first one also imports httpx
    alone, beside = [], []
    for _ in range(given.rounds):
        alone.append(measure([good], arrivals, given.alerts))
        beside.append(measure([dead, good], arrivals, given.alerts))
    print(f"{given.alerts} alerts, from the flush to the last arrival at the healthy channel, median:")
    print(f"  alone {statistics.median(alone):.0f} ms, beside a dead channel {statistics.median(beside):.0f} ms")
    print(f"  delay {statistics.median(beside) - statistics.median(alone):.0f} ms (the dead channel takes 3 s)")


if __name__ == "__main__":
    main()
