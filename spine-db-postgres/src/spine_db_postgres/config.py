"""The options of a PostgreSQL database."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen, validators

from spine.core.duration import Seconds
from spine.core.errors import InvalidConfigError
from spine.core.secrets import Secret

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


def _secret(value: str | Secret | None) -> Secret | None:
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise InvalidConfigError("password", None, "'password' must be a text or a Secret")  # never with the value
    return Secret(value)


def _help(text: str) -> dict[str, str]:
    return {"help": text}


def _file(text: str) -> dict[str, str | bool]:
    return {"help": text, "path": True}


@frozen
class PostgreSQLConfig:
    """The keyword arguments of PostgreSQLAdapter; times are in seconds."""

    host: str = field(default="localhost", metadata=_help("The server's name, or the folder of its socket."))
    port: int = field(default=5432, validator=[validators.ge(1), validators.le(65535)], metadata=_help("Its port."))
    database: str = field(default="", metadata=_help("The database; by default the one with the user's name."))
    username: str | None = field(default=None, metadata=_help("The role; that of the process's user by default."))
    password: Secret | None = field(
        default=None, converter=_secret, metadata=_help("The password, best given by reference.")
    )
    pool_size: int = field(
        kw_only=True, default=5, validator=validators.ge(1), metadata=_help("Connections that the pool keeps open.")
    )
    max_overflow: int = field(
        kw_only=True, default=10, validator=validators.ge(0), metadata=_help("Connections beyond pool_size, at a peak.")
    )
    pool_timeout: Seconds = field(
        kw_only=True, default=30.0, validator=validators.ge(0), metadata=_help("Wait for a free connection.")
    )
    connect_timeout: int = field(
        kw_only=True, default=10, validator=validators.ge(1), metadata=_help("Wait for the server.")
    )
    lock_timeout: Seconds = field(
        kw_only=True,
        default=30.0,
        validator=validators.ge(0),
        metadata=_help("Wait for a row or table that is locked; 0 waits forever."),
    )
    ssl_mode: SslMode = field(
        kw_only=True,
        default="prefer",
        validator=validators.in_(("disable", "allow", "prefer", "require", "verify-ca", "verify-full")),
        metadata=_help("As libpq's sslmode; only verify-full verifies the server's name."),
    )
    ssl_root_cert: str | None = field(
        kw_only=True, default=None, metadata=_help("File with the authorities to trust.") | {"path": True}
    )
    ssl_cert: str | None = field(
        kw_only=True, default=None, metadata=_help("File with this client's certificate.") | {"path": True}
    )
    ssl_key: str | None = field(
        kw_only=True, default=None, metadata=_help("File with this client's key.") | {"path": True}
    )
    application_name: str = field(
        kw_only=True, default="spine", metadata=_help("Name of the connections in pg_stat_activity.")
    )
    prepared_statements: bool = field(
        kw_only=True,
        default=True,
        metadata=_help("Whether frequent statements are prepared; false for a pooler that shares connections."),
    )
