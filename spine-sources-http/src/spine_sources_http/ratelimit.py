"""Rate limits for each host."""

from __future__ import annotations

from threading import Lock

from attrs import field, frozen

from spine.core.scope import current_scope
from spine.http.machine import Machine


class TokenBucket:
    """Token bucket of `rate` tokens a second and up to `burst` at once, shared by threads."""

    def __init__(self, rate: float, burst: int, machine: Machine) -> None:
        self._rate = rate
        self._burst = burst
        self._machine = machine
        self._tokens = float(burst)
        self._filled_at = machine.monotonic()
        self._lock = Lock()

    def take(self) -> float:
        """Take a token and return the seconds to wait before it may be used."""
        with self._lock:
            now = self._machine.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate) - 1
            self._filled_at = now
            return max(0.0, -self._tokens / self._rate)


@frozen
class HostLimits:
    """The buckets of a project, one for each host and rate: sources with the same rate for a host share it."""

    _buckets: dict[tuple[str, float, int, int], TokenBucket] = field(factory=dict)
    _lock: Lock = field(factory=Lock)

    def bucket(self, host: str, rate: float, burst: int, machine: Machine) -> TokenBucket:
        with self._lock:
            key = (host, rate, burst, id(machine.monotonic))
            return self._buckets.setdefault(key, TokenBucket(rate, burst, machine))


def seconds_to_wait(host: str, rate: float | None, burst: int, machine: Machine) -> float:
    """Return how long a request to `host` has to wait now, 0 without a limit."""
    if rate is None:
        return 0.0
    return current_scope().get(HostLimits, HostLimits).bucket(host, rate, burst, machine).take()
