"""Lock of a store of payloads: an unused file is either taken into use or removed, never both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def store_lock(root: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the lock of the store at `root` for the length of a `with` block; it ends with the process, too.

    Where the system has no such locks, nothing is locked; the age of a file still protects it.
    """
    if os.name != "posix":
        yield
        return
    import fcntl

    descriptor = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # of a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)
