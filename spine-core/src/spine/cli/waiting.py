"""Elapsed time, on a terminal, for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

_SLOW_SECONDS = 2.0


@contextmanager
def waiting(what: str, *, quiet: bool) -> Iterator[None]:
    """Print the running time of the block on stderr, each second after the second one."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_tell, args=(what, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tell(what: str, done: threading.Event) -> None:
    begin = time.monotonic()
    shown = False
    pause = _SLOW_SECONDS
    while not done.wait(pause):
        click.echo(f"\r\x1b[2K{what}: {time.monotonic() - begin:.0f} s", nl=False, err=True)
        shown, pause = True, 1.0
    if shown:
        click.echo("\r\x1b[2K", nl=False, err=True)
