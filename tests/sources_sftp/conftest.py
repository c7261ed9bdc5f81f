from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spine_sources_sftp.source import SftpSource
from tests.sources_sftp.server import PASSWORD, USER, Server, serving


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """The server of a module."""
    with serving() as server:
        yield server


@pytest.fixture
def server(running: Server, tmp_path: Path) -> Server:
    """The server, with an empty folder for every login."""
    root = tmp_path / "remote"
    root.mkdir()
    running.reset(root)
    (tmp_path / "known_hosts").write_text(running.known_hosts_line)
    return running


@pytest.fixture
def remote(server: Server) -> Path:
    """The folder of the login on the server."""
    return server.root


@pytest.fixture
def source(server: Server, tmp_path: Path) -> Callable[..., SftpSource]:
    """Makes a source of that server."""

    def make(path: object, **options: object) -> SftpSource:
        usual = {"host": "127.0.0.1", "port": server.port, "username": USER, "password": PASSWORD, "timeout": 10}
        return SftpSource("s", path, **{**usual, "known_hosts": tmp_path / "known_hosts", **options})

    return make
