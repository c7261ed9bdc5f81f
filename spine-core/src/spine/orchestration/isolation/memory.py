"""Limit on the memory that a step allocates in its own process."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spine.core.errors import OrchestrationError

_ALLOCATED = re.compile(r"^VmData:\s*(\d+) kB$", re.MULTILINE)  # of this process, writable and its own
_ABORTED = (-signal.SIGABRT, -signal.SIGSEGV)  # by a library that does not expect its allocation to fail


class MemoryLimitError(OrchestrationError):
    """A step, or an item of a map, needed more memory than its `max_memory`."""


def memory_error(what: str, most: int) -> MemoryLimitError:
    """Return the error of a step or an item, which `what` names, that needed more than `most` bytes."""
    return MemoryLimitError(
        f"{what} needed more memory than its max_memory of {most:,} bytes: read its data in batches, or raise "
        "max_memory"
    )


@contextmanager
def memory_limited(most: int | None) -> Iterator[None]:
    """Let allocations inside the block fail with a MemoryError when they take more than `most` bytes in all.

    Only Linux counts the allocations of a process; elsewhere there is no limit.
    """
    status = Path("/proc/self/status")
    found = _ALLOCATED.search(status.read_text()) if most is not None and status.exists() else None
    if most is None or found is None:
        yield
        return
    import resource  # POSIX only

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(found[1]) * 1024 + most
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))  # the error is sent without it


def ran_out_of_memory(error: BaseException | None) -> bool:
    """Return True if an exception, or one behind it, is a failed allocation."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, MemoryError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def was_aborted(exit_code: int | None) -> bool:
    """Return True for the exit code of a process that a failed allocation ended."""
    return exit_code in _ABORTED
