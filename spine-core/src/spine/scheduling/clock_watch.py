"""Watch of the store's clock: a jump makes every lease look expired, until living processes have renewed theirs."""

from __future__ import annotations

from datetime import datetime

from attrs import define, field

_JUMP_SECONDS = 5.0  # a smaller difference is drift, or a slow query
_RENEWAL_SECONDS = 3.0  # living processes have renewed their leases, which they do every half second


@define
class ClockWatch:
    """Compares the store's clock with the machine's measure of durations, which a suspended machine stops, too."""

    _last: tuple[datetime, float] | None = field(default=None, init=False)
    _jumped_at: float | None = field(default=None, init=False)

    def is_steady(self, now: datetime, monotonic: float) -> bool:
        """Return False for a while after the clock has jumped; call it at each look."""
        if self._last is not None:
            before, then = self._last
            if abs((now - before).total_seconds() - (monotonic - then)) > _JUMP_SECONDS:
                self._jumped_at = monotonic
        self._last = now, monotonic
        return self._jumped_at is None or monotonic - self._jumped_at >= _RENEWAL_SECONDS
