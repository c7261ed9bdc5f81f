"""Child processes that do not outlive their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def die_with_parent() -> None:
    """Make this child process and its own children end when its parent ends in any way.

    It leaves the parent's process group: Ctrl-C in a terminal reaches only the parent, which decides.
    """
    os.setpgid(0, 0)
    threading.Thread(target=_watch, name="spine-parent", daemon=True).start()


def _watch() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
