"""An SFTP server on this machine, in a thread: asyncssh's own, whose answers a test may change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import asyncssh
from attrs import define, field

USER = "acme"
PASSWORD = "canary/5ecret+value"


@define
class Server:
    """The server that runs; `root` is what a login sees, the hooks change what it answers."""

    host_key: asyncssh.SSHKey
    port: int = 0
    root: Path = Path("/nowhere")
    client_key: asyncssh.SSHKey | None = None
    listed: list[asyncssh.SFTPName] | None = None
    stated: dict[str, Any] = field(factory=dict)
    on_start: Callable[[asyncssh.SSHServerChannel], object] = lambda channel: None
    on_read: Callable[[asyncssh.SFTPServer, int], Any] | None = None
    opened: int = 0
    active: set[asyncssh.SSHServerConnection] = field(factory=set)
    loop: asyncio.AbstractEventLoop | None = None

    def reset(self, root: Path) -> None:
        self.root, self.client_key, self.on_start = root, None, lambda channel: None
        self.listed, self.stated, self.on_read, self.opened = None, {}, None, 0

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Answer no read for the block."""
        released = asyncio.Event()
        self.on_read = lambda files, offset: released.wait()
        yield
        assert self.loop is not None
        self.loop.call_soon_threadsafe(released.set)
        self.wait_for(lambda: not self.active)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, which the loop of the server brings about."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(_until(condition), self.loop).result(10)

    @property
    def known_hosts_line(self) -> str:
        return f"[127.0.0.1]:{self.port} {self.host_key.export_public_key().decode()}"


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


class Login(asyncssh.SSHServer):
    def __init__(self, server: Server) -> None:
        self._server = server

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self.connection = connection
        self._server.opened += 1
        self._server.active.add(connection)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.active.discard(self.connection)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = self._server.client_key
        return known is not None and username == USER and key.public_data == known.public_data


class Files(asyncssh.SFTPServer):
    def __init__(self, server: Server, channel: asyncssh.SSHServerChannel) -> None:
        self._server = server
        server.on_start(channel)
        super().__init__(channel, chroot=bytes(self._server.root))

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        if self._server.listed is None:
            async for name in super().scandir(path):
                yield name
        for name in self._server.listed or ():
            yield name

    def fstat(self, file: Any) -> Any:
        return self._changed(super().fstat(file))

    def stat(self, path: bytes) -> Any:
        return self._changed(super().stat(path))

    def _changed(self, found: Any) -> Any:
        return asyncssh.SFTPAttrs.from_local(found) if not self._server.stated else _stated(found, self._server.stated)

    async def read(self, file: Any, offset: int, size: int) -> bytes:
        if self._server.on_read is not None:
            said = self._server.on_read(self, offset)
            if asyncio.iscoroutine(said):
                said = await said
            if isinstance(said, bytes):
                return said
        return bytes(super().read(file, offset, size))


def _stated(found: Any, stated: dict[str, Any]) -> asyncssh.SFTPAttrs:
    said = asyncssh.SFTPAttrs.from_local(found)
    for name, value in stated.items():
        setattr(said, name, value)
    return said


@contextmanager
def serving(*, also: str | None = None, offers_sftp: bool = True) -> Iterator[Server]:
    """Run a server for the block; `also` is the algorithm of a second host key, which it prefers to show."""
    server = Server(asyncssh.generate_private_key("ssh-ed25519"))
    keys = [*([asyncssh.generate_private_key(also)] if also else []), server.host_key]
    loop = server.loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(_listen(server, keys, offers_sftp), loop).result(10)
    server.port = listening.get_port()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_ended(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listen(server: Server, keys: list[asyncssh.SSHKey], offers_sftp: bool) -> asyncssh.SSHAcceptor:
    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=partial(Login, server),
        server_host_keys=keys,
        sftp_factory=partial(Files, server) if offers_sftp else None,
        login_timeout=10,
    )


async def _ended(listening: asyncssh.SSHAcceptor) -> None:
    listening.close()
    if rest := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(rest, timeout=5)  # they close the files of sessions that have just ended
