"""Lease of a run, held by the process that executes it."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Unpack

from attrs import frozen

from spine.core.errors import ErrorOptions, OrchestrationError

LEASE_SECONDS = 60.0
GRACE_SECONDS = 30.0
"""Seconds after the end of a lease in which its owner keeps the run, if it works on this host."""

PROC = Path("/proc")
_STATE, _START = 0, 19  # fields 3 and 22 of proc(5) `stat`, counted after the name of the program
_ENDED = ("Z", "X")  # a zombie has ended, though its parent has not waited for it
_UNKNOWN_START = "?"


class LeaseError(OrchestrationError):
    """Another process executes this run, or took it over."""


class NotTakenError(Exception):
    """A prepared run has changed since it was read, and is to be read again."""


class LostLeaseError(LeaseError):
    """The lease expired and another process took over the run; this process cannot commit any more."""


class LimitReachedError(LeaseError):
    """A limit of the workflow on concurrent runs is reached."""


class PartitionBusyError(OrchestrationError):
    """Another run of the same workflow and partition is open; `run_id` is that run."""

    def __init__(self, message: str, *, run_id: str = "", **options: Unpack[ErrorOptions]) -> None:
        super().__init__(message, **options)
        self.run_id = run_id


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
    """State of a lease for the heartbeat: still held or not, and whether the run is to be cancelled or parked."""

    held: bool
    cancel_requested: bool
    park_requested: bool = False


def process_name() -> str:
    """Return a unique name of this process, `host/pid/start`; the host is one boot and one PID namespace."""
    pid = os.getpid()
    return f"{_host()}/{pid}/{_own_start(pid)}"


PROCESS_GONE = "the process that ran it is gone"
"""Error of an attempt that was interrupted; its end is the time at which its run was resumed."""


def is_gone(owner: str) -> bool:
    """Return True if the process of that name was on this host and has ended; False for another host."""
    host, _, process = owner.rpartition("/")[0].rpartition("/")
    if host != _host() or not process.isdigit():
        return False
    started = owner.rpartition("/")[2]
    now = process_state(int(process))
    return now is None or (_UNKNOWN_START not in (started, now.started) and now.started != started)


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
    state = process_state(pid) if pid is not None else None
    return state is not None and state.state not in ("T", "t")


def local_pid(owner: str) -> int | None:
    """Return the PID of that process if it is on this host and still runs."""
    parts = owner.rsplit("/", 2)
    if len(parts) != 3 or parts[0] != _host() or is_gone(owner):
        return None
    return int(parts[1])


@cache
def _host() -> str:
    boot = _read_proc("sys/kernel/random/boot_id")[:8]
    try:
        namespace = (PROC / "self/ns/pid").readlink().name
    except OSError:
        namespace = ""
    return ".".join(part for part in (socket.gethostname(), boot, namespace.strip("pid:[]")) if part)


@cache
def _own_start(pid: int) -> str:
    state = process_state(pid)
    return state.started if state is not None else _UNKNOWN_START


@frozen
class ProcessState:
    """State of a process as a letter of ps(1), and its start: two processes that had one PID differ in it."""

    state: str
    started: str


def process_state(pid: int) -> ProcessState | None:
    """Return the state of the process with that PID; None if there is none, or if it has ended."""
    found = _from_proc(pid) if (PROC / "self" / "stat").exists() else _from_ps(pid)
    return found if found is not None and found.state not in _ENDED else None


def _read_proc(name: str) -> str:
    """Return the text of a file of `/proc`; empty if it cannot be read."""
    try:
        return (PROC / name).read_text(errors="replace").strip()
    except OSError:
        return ""


def _from_proc(pid: int) -> ProcessState | None:
    fields = _read_proc(f"{pid}/stat").rpartition(")")[2].split()
    return ProcessState(fields[_STATE], fields[_START]) if len(fields) > _START else None


def _from_ps(pid: int) -> ProcessState | None:
    """Return what ps(1) prints; a start is a second, in which no PID is given out twice."""
    import subprocess  # most hosts have `/proc`

    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    environ = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603 - fixed
    except (OSError, subprocess.TimeoutExpired):
        return _alive(pid)
    state, *start = done.stdout.split() or [""]
    return ProcessState(state[0], "-".join(start)) if start else None


def _alive(pid: int) -> ProcessState | None:
    """Return a state without a start, from a signal that does nothing: the last resort, on a host without ps(1)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ProcessState("", _UNKNOWN_START)
