"""A child process that does not outlive its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def die_with_parent() -> None:
    """Let this child process, and what it starts, end with the process that started it, whatever ended that.

    It leaves the parent's process group: Ctrl-C in a terminal reaches the parent only, which decides.
    """
    os.setpgid(0, 0)
    threading.Thread(target=_watch, name="spine-parent", daemon=True).start()


def _watch() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
