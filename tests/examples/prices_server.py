"""The API of examples/prices_api, served in this process."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

EXAMPLE = Path(__file__).parents[2] / "examples" / "prices_api"


@contextmanager
def prices_server() -> Iterator[tuple[str, list[str]]]:
    """Serve prices without faults; give the URL, and the list of the requests and their statuses."""
    seen: list[str] = []

    class Handler(runpy.run_path(str(EXAMPLE / "server.py"))["handler"](faults=False)):  # type: ignore[misc]
        def log_message(self, form: str, *values: Any) -> None:
            seen.append(f"{values[1]} {self.path}")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/prices", seen
        finally:
            server.shutdown()
            thread.join()
