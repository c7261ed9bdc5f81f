"""A process that was frozen while another took over its run changes nothing outside of it that asks for its fence."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from spine.storage.migrate import upgrade
from spine.testing import FixedClock
from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import time
import urllib.error
import urllib.request
from pathlib import Path

from spine.orchestration import Step, Workflow, workflow_registry
from spine.project import current_project

HERE = Path(__file__).parent


def note(text):
    with (HERE / "notes").open("a") as file:
        file.write(text + "\\n")


def pause(where):
    if (HERE / "hold").exists() and (HERE / "hold").read_text() == where:
        (HERE / "paused").touch()
        while (HERE / "hold").exists():
            time.sleep(0.02)


def publish(context, config):
    pause("before")
    request = urllib.request.Request("{url}", method="PUT", headers={{"Fence": str(context.fence)}})
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as error:
        note(f"{{context.fence}} http {{error.code}}")
    try:
        with current_project().database.transaction(fence=context) as connection:
            connection.execute("INSERT INTO prices VALUES (?)", (context.fence,))
            pause("inside")
    except Exception as error:
        note(f"{{context.fence}} table {{type(error).__name__}}")
        raise


workflow_registry.register(Workflow("w", [Step.lambda_("publish", publish)]))
"""


class FencedService(ThreadingHTTPServer):
    """A service that refuses a request with a lower fence than the greatest that it has seen."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fence = 0
        self.accepted: list[int] = []

    def take(self, fence: int) -> bool:
        if fence < self.fence:
            return False
        self.fence = fence
        self.accepted.append(fence)
        return True


class _Handler(BaseHTTPRequestHandler):
    server: FencedService

    def do_PUT(self) -> None:
        self.send_response(204 if self.server.take(int(self.headers["Fence"])) else 409)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[FencedService]:
    with FencedService() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["before", "inside"])
def test_its_effects_are_refused_when_it_wakes_up(
    database_url: str, where: str, tmp_path: Path, service: FencedService, fixed_clock: FixedClock
) -> None:
    project = Project(tmp_path / "project")
    with get_adapter(database_url) as adapter:
        if where == "inside" and adapter.single_writer:
            pytest.skip("a transaction of SQLite excludes the process that would take over")
        upgrade(adapter)
        adapter.execute("CREATE TABLE prices (fence BIGINT)")
        project.write("spine.toml", f'[spine]\ndatabase = "{database_url}"\nmodules = ["flows"]\n')
        project.write("flows.py", FLOWS.format(url=f"http://127.0.0.1:{service.server_port}/"))
        project.write("hold", where)
        frozen = project.start("run", "w")
        wait_until((project.root / "paused").exists)
        frozen.send_signal(signal.SIGSTOP)
        (project.root / "hold").unlink()
        fixed_clock.set(datetime.now(UTC) + timedelta(hours=1))  # its lease is over
        [recovered] = project.call("runs", "recover", "--json").json
        assert recovered["status"] == "COMPLETED"
        frozen.send_signal(signal.SIGCONT)
        _, err = frozen.communicate(timeout=DEADLINE_SECONDS)
        assert "was taken over by another process" in err
        assert adapter.query("SELECT fence FROM prices") == [{"fence": 2}]
    assert service.accepted == ([2] if where == "before" else [1, 2])
    refused = (project.root / "notes").read_text().splitlines()
    assert refused == ["1 http 409"] * (where == "before") + ["1 table FenceError"]
