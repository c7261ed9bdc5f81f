"""Listeners that fail in each way."""

from __future__ import annotations

import sys
import threading
import time

from spine.framework.events import Event


class Unmade:
    def __init__(self, name: str) -> None:
        raise RuntimeError("no listener")

    def on_event(self, event: Event) -> None: ...


class EndsAtOnce:
    def __init__(self, name: str) -> None:
        sys.exit(4)

    def on_event(self, event: Event) -> None: ...


class NoListener:
    """Has no method and no name."""

    def __init__(self, name: str) -> None: ...


class Raises:
    def __init__(self, name: str) -> None:
        self.name = name

    def on_event(self, event: Event) -> None:
        raise RuntimeError("no luck")


class Exits(Raises):
    def on_event(self, event: Event) -> None:
        sys.exit(4)


class Blocks(Raises):
    def on_event(self, event: Event) -> None:
        threading.Event().wait()


class Slow(Raises):
    def on_event(self, event: Event) -> None:
        time.sleep(1)
