"""Work in a fork of this process, which may be killed while it works, for the sweeps that are scripts."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any


def fork(work: Callable[[], Any], begun: Path | None = None, kill_after: float | None = None) -> bool:
    """Run `work` in a fork; with `kill_after`, kill it so long after its start, or after it has made the file `begun`.

    Return True if it ended well; the traceback of an error is printed.
    """
    if begun is not None:
        begun.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(status)
    if kill_after is not None:
        while begun is not None and not begun.exists():
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status == 0
            time.sleep(0.001)
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == 0
