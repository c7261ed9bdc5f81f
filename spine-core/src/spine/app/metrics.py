"""Metrics of a project as text."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from attrs import define, field

from spine.core.clock import current_clock

if TYPE_CHECKING:
    from spine.app.application import Application
    from spine.storage.metrics.family import Family

_FRESH_SECONDS = 1.0


def read_families(application: Application) -> list[Family]:
    """Return the families of metrics of a project."""
    from spine.storage.metrics.read import read_metrics

    return read_metrics(application.history)


def metrics_text(application: Application) -> str:
    """Return the metrics of a project in the text format of Prometheus."""
    from spine.storage.metrics.text import exposition

    return exposition(read_families(application))


@define(eq=False)
class SharedMetrics:
    """Metrics for any number of readers: they are read once a second at most, and by one thread at a time."""

    application: Application
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _last: tuple[float, str] | None = field(default=None, init=False)

    def text(self) -> str:
        """Return the metrics of this second as text."""
        with self._lock:
            now = current_clock().monotonic()
            if self._last is None or not 0 <= now - self._last[0] < _FRESH_SECONDS:
                self._last = now, metrics_text(self.application)
            return self._last[1]
