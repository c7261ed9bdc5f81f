"""Lease of a run, held by the process that executes it."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from attrs import frozen

from spine.core.errors import OrchestrationError

LEASE_SECONDS = 60.0
GRACE_SECONDS = 30.0
"""Seconds after the end of a lease in which its owner keeps the run, if it works on this host."""


class LeaseError(OrchestrationError):
    """Another process executes this run, or took it over."""


class LostLeaseError(LeaseError):
    """The lease expired and another process took over the run; this process cannot commit any more."""


class LimitReachedError(LeaseError):
    """A limit of the workflow on concurrent runs is reached."""


@frozen
class Lease:
    """Right of the process `owner` to execute a run, for `seconds` at a time; see `process_name`.

    It may be acquired from the process `handed_by` while that process holds it.
    """

    owner: str
    seconds: float = LEASE_SECONDS
    handed_by: str | None = None


@frozen
class LeaseState:
    """State of a lease for the heartbeat: still held or not, and whether the run is to be cancelled."""

    held: bool
    cancel_requested: bool


def process_name() -> str:
    """Return a unique name of this process, `host/pid/start`; the host is one boot and one PID namespace."""
    pid = os.getpid()
    return f"{_host()}/{pid}/{_start_time(pid) or '?'}"


def is_gone(owner: str) -> bool:
    """Return True if the process of that name was on this host and has ended; False for another host."""
    host, _, process = owner.rpartition("/")[0].rpartition("/")
    if host != _host() or not process.isdigit():
        return False
    started = owner.rpartition("/")[2]
    now = _start_time(int(process))
    if started != "?":
        return now != started
    return now is None and not _is_alive(int(process))


def is_lease_held(owner: str | None, expires_at: datetime | None, now: datetime) -> bool:
    """Return True if a process holds a lease at `now`; an ended process of this host holds none.

    One that works on this host keeps it for GRACE_SECONDS more: it may only have been unable to renew it.
    """
    if owner is None or expires_at is None or is_gone(owner):
        return False
    if expires_at > now:
        return True
    return expires_at + timedelta(seconds=GRACE_SECONDS) > now and works_here(owner)


def works_here(owner: str) -> bool:
    """Return True if the process of that name works on this host; a stopped one (SIGSTOP) does not."""
    pid = local_pid(owner)
    return pid is not None and _state(pid) not in ("T", "t")


def local_pid(owner: str) -> int | None:
    """Return the PID of that process if it is on this host and still runs."""
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
    """Return the start time of a process, in clock ticks since boot (proc(5), `stat` field 22); None if unknown."""
    after_name = _after_name(pid)
    if len(after_name) < 20 or after_name[0] in "ZX":  # a zombie has ended, though its parent has not waited for it
        return None
    return after_name[19]


def _state(pid: int) -> str:
    """Return the state of a process (proc(5), `stat` field 3); empty if unknown."""
    return next(iter(_after_name(pid)), "")


def _after_name(pid: int) -> list[str]:
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


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
