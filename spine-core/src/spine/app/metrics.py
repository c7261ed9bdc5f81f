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
_SHARE = 10  # of the time that reading took, until it is read again


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
    """Metrics for any number of readers, read by one thread at a time, in a tenth of the time at most."""

    application: Application
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _text: str = field(default="", init=False)
    _fresh_until: float | None = field(default=None, init=False)

    def text(self) -> str:
        """Return the metrics as text, not older than a second, or than ten times the time that reading them takes."""
        with self._lock:
            begin = current_clock().monotonic()
            if self._fresh_until is None or begin >= self._fresh_until:
                self._text = metrics_text(self.application)
                end = current_clock().monotonic()
                self._fresh_until = end + max(_FRESH_SECONDS, _SHARE * (end - begin))
            return self._text
