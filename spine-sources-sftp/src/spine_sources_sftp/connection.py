"""Connection to an SFTP server for code without an event loop: the loop runs in a thread of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock, Thread
from typing import Any, TypeVar

import asyncssh

from spine.core.errors import AuthenticationError, ConfigError
from spine_sources_sftp.config import SftpSourceConfig
from spine_sources_sftp.failures import FAILURES, connection_failure, file_failure, no_answer
from spine_sources_sftp.hostkeys import HostKeyCheck

T = TypeVar("T")

_NAMES = 1000  # names of a listing that are fetched in one call
_CLOSING_SECONDS = 2.0  # a server that does not answer is not waited for
# asked for after those of the known keys, so that a key of another algorithm is shown when it is refused
_HOST_KEYS = "+ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"
_KEEPALIVE_SECONDS = 30  # while the reader of a stream takes its time


class Connection:
    """An SFTP session, used from any one thread; `connected` opens and closes it."""

    def __init__(self, server: SftpSourceConfig, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self._loop = loop
        self._ssh: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None
        self._is_closed = False
        self._lock = RLock()  # between the last work that begins and the end; a finalizer may come between, too

    @property
    def sftp(self) -> asyncssh.SFTPClient:
        """The session; its coroutines are for `call` and `begin`."""
        assert self._sftp is not None, "connected() opens it"
        return self._sftp

    def open(self) -> None:
        """Connect, check the host key and log in."""
        keys = private_keys(self.server)
        check = HostKeyCheck(self.server)
        seconds = self.server.connect_timeout
        opening = self.begin(self._open(check, keys))
        try:
            opening.result(seconds)
        except asyncssh.HostKeyNotVerifiable as error:
            raise check.refusal(str(error)) from error
        except TimeoutError as error:
            opening.cancel()
            raise no_answer(self.server.address, seconds, "connect_timeout") from error
        except FAILURES as error:
            raise connection_failure(error, self.server) from error

    async def _open(self, check: HostKeyCheck, keys: list[asyncssh.SSHKey]) -> None:
        password = self.server.password
        self._ssh = await asyncssh.connect(
            self.server.host,
            self.server.port,
            client_factory=lambda: check,
            known_hosts=check.known,
            server_host_key_algs=_HOST_KEYS,
            username=self.server.username,
            password=None if password is None else password.reveal(),
            client_keys=keys or None,
            # nothing of this user's own is used unasked: no ~/.ssh/config, agent, Kerberos tickets or authorities
            config=None,
            agent_path=None,
            gss_auth=False,
            gss_kex=False,
            x509_trusted_certs=None,
            x509_trusted_cert_paths=[],
            login_timeout=0,  # connect_timeout is for all of it
            keepalive_interval=_KEEPALIVE_SECONDS,
        )
        self._sftp = await self._ssh.start_sftp_client()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine of the session."""
        with self._lock:
            if self._is_closed:
                work.close()
                raise ValueError("the connection is closed")
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def finish(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start a coroutine that releases something; after the session it is released already."""
        with suppress(ValueError):
            self.begin(work)

    def wait(self, begun: Future[T], label: str) -> T:
        """Return the result of what was begun for a file; its failures, and a timeout, are typed."""
        try:
            return begun.result(self.server.timeout)
        except TimeoutError as error:
            begun.cancel()
            raise no_answer(label, self.server.timeout, "timeout") from error
        except FAILURES as error:
            raise file_failure(error, label) from error

    def call(self, work: Coroutine[Any, Any, T], label: str) -> T:
        """Return the result of a coroutine of the session."""
        return self.wait(self.begin(work), label)

    def listing(self, folder: bytes, label: str) -> Iterator[asyncssh.SFTPName]:
        """Yield the entries of a folder as the server sends them."""
        entries = self.sftp.scandir(folder)
        try:
            while some := self.call(_some(entries), label):
                yield from some
        finally:
            self.finish(_closed(entries))

    def end(self) -> Future[None]:
        """Begin to close the session; a server that does not answer is not waited for."""
        with self._lock:
            self._is_closed = True
            return asyncio.run_coroutine_threadsafe(self._close(), self._loop)

    async def _close(self) -> None:
        if self._ssh is not None:
            self._ssh.close()
            with suppress(asyncio.TimeoutError, *FAILURES):
                await asyncio.wait_for(self._ssh.wait_closed(), _CLOSING_SECONDS)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


@contextmanager
def connected(server: SftpSourceConfig) -> Iterator[Connection]:
    """Open a connection for the block; however the block ends, nothing of it stays."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="spine-sftp", daemon=True)
    thread.start()
    connection = Connection(server, loop)
    try:
        connection.open()
        yield connection
    finally:
        closing = connection.end()
        with suppress(TimeoutError):
            closing.result(_CLOSING_SECONDS * 2)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_CLOSING_SECONDS)
        if not thread.is_alive():
            loop.close()


def private_keys(server: SftpSourceConfig) -> list[asyncssh.SSHKey]:
    """Return the private key of the options, none without `key_file`."""
    if server.key_file is None:
        return []
    passphrase = None if server.key_passphrase is None else server.key_passphrase.reveal()
    try:
        return [asyncssh.import_private_key(Path(server.key_file).read_bytes(), passphrase)]
    except asyncssh.KeyEncryptionError as error:
        raise AuthenticationError(
            f"the passphrase of key_file {server.key_file} is wrong: check key_passphrase", cause=error
        ) from error
    except asyncssh.KeyImportError as error:
        fix = "give key_passphrase" if "passphrase" in str(error).lower() else "give the file of a private key"
        raise ConfigError(f"key_file {server.key_file} cannot be used: {error}; {fix}", cause=error) from error
    except OSError as error:
        raise ConfigError(
            f"key_file {server.key_file} cannot be read: {error.strerror or error}; check the path and its rights",
            cause=error,
        ) from error


async def _some(entries: AsyncIterator[asyncssh.SFTPName]) -> list[asyncssh.SFTPName]:
    found: list[asyncssh.SFTPName] = []
    async for entry in entries:
        found.append(entry)
        if len(found) == _NAMES:
            break
    return found


async def _closed(entries: AsyncIterator[asyncssh.SFTPName]) -> None:
    await entries.aclose()  # type: ignore[attr-defined]  # a generator, which asyncssh types as an iterator
