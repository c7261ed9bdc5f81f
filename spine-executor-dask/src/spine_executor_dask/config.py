"""Options of the executor."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from attrs import field, frozen, validators

_TLS = ("tls_ca_file", "tls_cert", "tls_key")


@frozen
class DaskConfig:
    """Options of `[executors.NAME]` with `type = "dask"`; times are in seconds."""

    max_workers: int = field(default=4, metadata={"help": "Items of a map at once."})
    address: str | None = field(
        default=None,
        metadata={"help": "Scheduler of a cluster, such as tls://dask.example:8786; without it, one is started here."},
    )
    workers: int | None = field(
        default=None,
        validator=validators.optional(validators.ge(1)),
        metadata={"help": "Processes of the cluster that is started here; max_workers if not given, and at most that."},
    )
    tls_ca_file: str | None = field(
        default=None, metadata={"help": "File with the certificate of the authority that signed the cluster's."}
    )
    tls_cert: str | None = field(default=None, metadata={"help": "File with this client's certificate."})
    tls_key: str | None = field(default=None, metadata={"help": "File with the key of `tls_cert`."})
    timeout: float = field(
        default=86_400.0,
        validator=validators.gt(0),
        metadata={"help": "Seconds that an item may take; its worker is then restarted."},
    )
    allowed_failures: int = field(
        default=3,
        validator=validators.ge(1),
        metadata={"help": "How often an item whose worker died is tried again."},
    )
    max_memory: int | None = field(
        default=None,
        validator=validators.optional(validators.gt(0)),
        metadata={"help": "Bytes that a worker process of the cluster that is started here may use."},
    )
    connect_seconds: float = field(
        default=30.0,
        validator=validators.gt(0),
        metadata={"help": "Seconds to wait for the scheduler, and for a worker when there is none."},
    )

    def __attrs_post_init__(self) -> None:
        if self.address is None:
            given = [name for name in _TLS if getattr(self, name) is not None]
            if given:
                raise ValueError(f"{given[0]} is for a cluster with an address: give its address, tls://HOST:PORT")
            return
        for name in ("workers", "max_memory"):
            if getattr(self, name) is not None:
                raise ValueError(f"{name} is for a cluster that is started here, and address names another: give one")
        self._check_address(self.address)

    def _check_address(self, address: str) -> None:
        if address.startswith("tls://"):
            self._check_files()
        elif not _is_loopback(address):
            raise ValueError(
                f"address is {address!r:.200}: Dask unpickles what its peers send, so a cluster must be on the "
                "loopback of this machine, such as tcp://127.0.0.1:8786, or behind mutual TLS: tls://HOST:PORT with "
                "tls_ca_file, tls_cert and tls_key"
            )

    def _check_files(self) -> None:
        missing = [name for name in _TLS if getattr(self, name) is None]
        if missing:
            raise ValueError(
                f"address is {self.address!r:.200} without {' and '.join(missing)}: Dask unpickles what its peers "
                "send, so both sides must show a certificate; give tls_ca_file, tls_cert and tls_key"
            )
        for name in _TLS:
            if not Path(getattr(self, name)).is_file():
                raise ValueError(f"{name} is {getattr(self, name)!r:.200}: there is no such file")


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "tcp" or port is None or parts.path or "@" in parts.netloc:
        return False
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
