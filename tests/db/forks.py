"""Forked children."""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Callable


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked child and return its exit code: 0 unless it raised."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            gc.collect()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
