"""Places of payloads in tests: a folder, the memory of the process, and an S3 server in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from attrs import frozen

from spine.core.ids import new_id
from spine.framework.captures import PayloadStore
from spine.framework.captures.payloads import ParquetPayloads
from spine.framework.captures.remote import RemotePayloads
from tests.projects import wait_until

_RUNNING = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")
KEYS = {"key": "testing", "secret": "testing-secret"}


@frozen
class Place:
    """Place of payloads: `url` is a URL or a path, `options` those of fsspec."""

    url: str
    options: dict[str, Any]

    @property
    def is_folder(self) -> bool:
        return "://" not in self.url

    def store(self) -> ParquetPayloads:
        return PayloadStore(Path(self.url)) if self.is_folder else RemotePayloads(self.url, self.options)

    def files(self) -> list[str]:
        """Return every file, hidden ones too."""
        filesystem, root = self._opened()
        return sorted(path.removeprefix(root).lstrip("/") for path in filesystem.find(root))

    def get(self, location: str) -> bytes:
        filesystem, root = self._opened()
        return bytes(filesystem.cat_file(f"{root}/{location}"))

    def put(self, location: str, content: bytes) -> None:
        filesystem, root = self._opened()
        filesystem.pipe_file(f"{root}/{location}", content)

    def _opened(self) -> tuple[Any, str]:
        filesystem, root = fsspec.url_to_fs(self.url, use_listings_cache=False, **self.options)
        return filesystem, root.rstrip("/")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an S3 server on the loopback interface; the server chooses a free port itself, and says which."""
    said = tmp_path_factory.mktemp("s3") / "server.log"
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    keep_out = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    with (
        said.open("w") as log,
        subprocess.Popen(command, env=keep_out, stdout=subprocess.DEVNULL, stderr=log) as process,
    ):
        try:
            wait_until(lambda: process.poll() is not None or _RUNNING.search(said.read_text()) is not None)
            found = _RUNNING.search(said.read_text())
            assert found is not None, said.read_text()
            yield found[1]
        finally:
            process.kill()


@pytest.fixture
def s3(s3_server: str) -> Place:
    """An empty bucket."""
    options = {**KEYS, "endpoint_url": s3_server}
    bucket = f"b{new_id()}".lower()
    fsspec.filesystem("s3", **options).mkdir(bucket)
    return Place(f"s3://{bucket}/captures", options)


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each kind of place, empty."""
    if request.param == "s3":
        found: Place = request.getfixturevalue("s3")
        return found
    return Place(str(tmp_path / "captures") if request.param == "folder" else f"memory://{new_id()}/captures", {})
