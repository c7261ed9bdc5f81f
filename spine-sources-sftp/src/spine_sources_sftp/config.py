"""The options of an SFTP source."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from attrs import field, frozen

from spine.core.duration import Seconds
from spine.core.errors import InvalidConfigError
from spine.core.secrets import Secret
from spine_sources_file import values
from spine_sources_file.config import FileSourceConfig

_HOST_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def _paths(value: Any) -> str | tuple[str, ...]:
    several = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    given = list(value) if several else [value]
    if not given or not all(isinstance(path, (str, os.PathLike)) and str(path) for path in given):
        raise InvalidConfigError(
            "path", None, "path is not valid: give the path of a file on the server, a glob or a list"
        )
    paths = tuple(_path(os.fspath(path)) for path in given)
    return paths if several else paths[0]


def _path(path: str) -> str:
    """Return a path without what changes nothing: empty parts, `.`, and the `~` of the login folder."""
    if "://" in path:
        raise InvalidConfigError("path", None, "path is a URL: give the path on the server, and its host in `host`")
    if "\0" in path:
        raise InvalidConfigError("path", None, "path holds a NUL character, which no file name has")
    root = "/" if path.startswith("/") else ""
    parts = [part for part in path.removeprefix("~/").split("/") if part not in ("", ".")]
    return root + "/".join(parts)


def _host(value: Any) -> str:
    text = str(value)
    if not _HOST_NAME.fullmatch(text) and not _is_address(text):
        raise InvalidConfigError("host", None, "host is not valid: give the server's name or address, and no URL")
    return str(value)


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise InvalidConfigError("port", value, f"port {value!r} is not valid: give a number from 1 to 65535")
    return value


def _secret(name: str, value: Any) -> Secret | None:
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise InvalidConfigError(name, None, f"{name} is not valid: give a text or a Secret")  # never with the value
    return Secret(value)


def _password(value: str | Secret | None) -> Secret | None:
    return _secret("password", value)


def _key_passphrase(value: str | Secret | None) -> Secret | None:
    return _secret("key_passphrase", value)


def _file(value: Any) -> str | None:
    return value if value is None else str(Path(value).expanduser())


def _known_hosts(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)) or not str(value):
        raise InvalidConfigError(
            "known_hosts", None, "known_hosts is not valid: give a file with the host key; it is always checked"
        )
    return str(Path(value).expanduser())


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise InvalidConfigError(name, value, f"{name} {value!r} is not valid: give seconds, more than 0")
    return value


def _connect_timeout(value: Any) -> float:
    return _seconds("connect_timeout", value)


def _timeout(value: Any) -> float:
    return _seconds("timeout", value)


@frozen
class SftpSourceConfig(FileSourceConfig):
    """The arguments of SftpSource, and the keys of its table in `spine.toml`."""

    path: str | tuple[str, ...] = field(
        converter=_paths,
        metadata={
            "help": "A file on the server, a glob, or a list of these; `{name}` is filled from the parameter `name` of "
            "the fetch. A relative path starts at the folder of the login.",
        },
    )
    host: str = field(kw_only=True, converter=_host, metadata={"help": "The server's name or address."})
    port: int = field(kw_only=True, default=22, converter=_port, metadata={"help": "Its port."})
    username: str = field(
        kw_only=True, validator=values.is_a(str), metadata={"help": "The user that logs in on the server."}
    )
    password: Secret | None = field(
        kw_only=True,
        default=None,
        converter=_password,
        metadata={"help": "The password of that user, best given by reference."},
    )
    key_file: str | None = field(
        kw_only=True,
        default=None,
        converter=_file,
        metadata={
            "help": "The file of a private key. A relative path starts at the project's folder, `~` is this user's.",
            "path": True,
        },
    )
    key_passphrase: Secret | None = field(
        kw_only=True,
        default=None,
        converter=_key_passphrase,
        metadata={"help": "The passphrase of the private key, best given by reference."},
    )
    known_hosts: str = field(
        kw_only=True,
        default="~/.ssh/known_hosts",
        converter=_known_hosts,
        metadata={
            "help": "The file with the server's host key, as OpenSSH writes it; the key is always checked. A relative "
            "path starts at the project's folder.",
            "path": True,
        },
    )
    connect_timeout: Seconds = field(
        kw_only=True,
        default=30.0,
        converter=_connect_timeout,
        metadata={"help": "Wait for the connection and the login together."},
    )
    timeout: Seconds = field(
        kw_only=True, default=60.0, converter=_timeout, metadata={"help": "Wait for each answer of the server."}
    )

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.password is None and self.key_file is None:
            raise InvalidConfigError("password", None, "password and key_file are missing: give one of them, or both")
        if self.key_passphrase is not None and self.key_file is None:
            raise InvalidConfigError(
                "key_passphrase", None, "key_passphrase has no effect without key_file: give key_file, or leave it out"
            )

    @property
    def address(self) -> str:
        """The server as URLs name it: host and port, without the user."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def url(self, path: str) -> str:
        """Return the URL of a path on the server; `~` is the folder of the login."""
        return f"sftp://{self.address}{path if path.startswith('/') else f'/~/{path}'}"
