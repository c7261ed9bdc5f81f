"""Host keys: the server must show the one that `known_hosts` has for it."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import asyncssh

from spine.core.errors import AuthError, ConfigError
from spine_sources_sftp.config import SftpSourceConfig

_USUAL_PORT = 22  # an entry for any other one is written as [host]:port


class HostKeyCheck(asyncssh.SSHClient):
    """Client that remembers the host key which is not among the known ones, and refuses it."""

    def __init__(self, server: SftpSourceConfig) -> None:
        self._server = server
        self.known = known_hosts(server.known_hosts)
        self._address = ""
        self._shown: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self._address, self._shown = addr, key
        return False

    def refusal(self, reason: str) -> AuthError:
        """Return the error for a host key that was refused."""
        server, file, host, port = self._server, self._server.known_hosts, self._server.host, self._server.port
        shown = f"{self._shown.get_algorithm()} {self._shown.get_fingerprint()}" if self._shown else reason
        add = f"ssh-keyscan -p {port} {host} >> {quote(file)}"
        if not any(self.known.match(host, self._address, port if port != _USUAL_PORT else None)):
            return AuthError(
                f"{file} has no host key of {server.address}, which shows {shown}: have its operator confirm that "
                f"fingerprint, then run: {add}"
            )
        name = host if port == _USUAL_PORT else f"[{host}]:{port}"
        return AuthError(
            f"{server.address} does not show the host key that {file} has for it, but {shown}: it may be another "
            f"machine; only if its operator confirms the change, run: ssh-keygen -R {quote(name)} -f {quote(file)} && "
            f"{add}"
        )


def known_hosts(path: str) -> asyncssh.SSHKnownHosts:
    """Return the host keys in a file, none if it does not exist."""
    try:
        return asyncssh.import_known_hosts(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return asyncssh.import_known_hosts("")
    except OSError as error:
        raise ConfigError(f"known_hosts {path} cannot be read: {error.strerror or error}", cause=error) from error
    except ValueError as error:
        raise ConfigError(
            f"known_hosts {path} has a line that cannot be read: {error}; correct or remove it", cause=error
        ) from error
