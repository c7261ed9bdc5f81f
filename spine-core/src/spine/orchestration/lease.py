"""Who runs a run: the process that holds its lease."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

from attrs import frozen

from spine.core.errors import OrchestrationError

LEASE_SECONDS = 60.0


class LeaseError(OrchestrationError):
    """Another process runs this run, or took it over."""


class LostLeaseError(LeaseError):
    """This process was taken for dead: another one has the run now, and nothing can be committed here any more."""


class LimitReachedError(LeaseError):
    """As many runs as a limit of the workflow allows go on already."""


@frozen
class Lease:
    """A right to run a run, for `seconds` at a time, by the process `owner`; see `process_name`.

    It may be taken from the process `handed_by` while that one has it.
    """

    owner: str
    seconds: float = LEASE_SECONDS
    handed_by: str | None = None


@frozen
class LeaseState:
    """State of a lease as a heartbeat finds it: still held or not, and whether the run shall be cancelled."""

    held: bool
    cancel_requested: bool


def process_name() -> str:
    """Return a text that no other process has: `host/pid/start`, where the host is one boot and one PID namespace."""
    pid = os.getpid()
    return f"{_host()}/{pid}/{_start_time(pid) or '?'}"


def is_gone(owner: str) -> bool:
    """Whether the process of that name was one of this host and has ended; False for one of another host."""
    host, _, process = owner.rpartition("/")[0].rpartition("/")
    if host != _host() or not process.isdigit():
        return False
    started = owner.rpartition("/")[2]
    now = _start_time(int(process))
    if started != "?":
        return now != started
    return now is None and not _is_alive(int(process))


def local_pid(owner: str) -> int | None:
    """Return the PID of that process if it is one of this host and still runs."""
    parts = owner.rsplit("/", 2)
    if len(parts) != 3 or parts[0] != _host() or is_gone(owner):
        return None
    return int(parts[1])


@cache
def _host() -> str:
    boot = _read("/proc/sys/kernel/random/boot_id")[:8]
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = ""
    return ".".join(part for part in (socket.gethostname(), boot, namespace.strip("pid:[]")) if part)


def _start_time(pid: int) -> str | None:
    """Return when the process started, in clock ticks since the boot (proc(5), `stat` field 22); None if unknown."""
    after_name = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(after_name) < 20 or after_name[0] in "ZX":  # a zombie has ended, though its parent did not ask how
        return None
    return after_name[19]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
