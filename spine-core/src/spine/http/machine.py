"""The clock, random numbers and name resolver of HTTP requests. Tests replace them."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from spine.core.clock import current_clock, utc_now
from spine.http.addresses import is_public


def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host in the resolver's order, each once; OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _monotonic() -> float:
    return current_clock().monotonic()


def _sleep(seconds: float) -> None:
    current_clock().wait(seconds)


@frozen
class Machine:
    """The project's clock, random numbers from 0 to 1, the name resolver, and the check for public addresses."""

    now: Callable[[], datetime] = field(default=utc_now)
    monotonic: Callable[[], float] = field(default=_monotonic)
    sleep: Callable[[float], None] = field(default=_sleep)
    chance: Callable[[], float] = field(default=random.random)
    resolve: Callable[[str, int], list[str]] = field(default=resolve_host)
    is_public: Callable[[str], bool] = field(default=is_public)
