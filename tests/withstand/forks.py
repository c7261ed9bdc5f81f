"""Calls in a fork of this process, which has everything imported and nothing open."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable
from typing import Any

from attrs import frozen

LONGEST_SECONDS = 300.0


@frozen
class Ended:
    """A child that has ended, and what its function returned."""

    ended_well: bool
    hung: bool
    value: Any = None


def in_fork(function: Callable[[], Any], seconds: float = LONGEST_SECONDS) -> Ended:
    """Call `function` in a fork, which is killed after so many seconds; its result is sent back as JSON."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _child(function, reader, writer)
    os.close(writer)
    hung, received = False, b""
    with os.fdopen(reader, "rb") as pipe:
        if select.select([pipe], [], [], seconds)[0]:
            received = pipe.read()
        else:
            hung = True
            os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return Ended(status == 0, hung, json.loads(received) if received else None)


def _child(function: Callable[[], Any], reader: int, writer: int) -> None:
    status = 1
    try:
        os.close(reader)
        sent = json.dumps(function()).encode()
        os.write(writer, sent)
        status = 0
    finally:
        os._exit(status)
