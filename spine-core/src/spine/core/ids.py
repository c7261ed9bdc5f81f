"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import os
import re
import time
from hashlib import sha256
from threading import Lock

_HEX_DIGITS = re.compile("[0-9a-f]{32}")
_lock = Lock()
_last = 0


def new_id() -> str:
    """Return a UUID version 7 in its usual text form, greater than any that this process made before.

    The 12 bits after the milliseconds count up within the millisecond, or beyond it if the clock was set back
    (RFC 9562, section 6.2, method 3).
    """
    global _last
    with _lock:
        _last = ticks = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
    entropy = int.from_bytes(os.urandom(8), "big") >> 2
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0x2 << 62 | entropy
    digits = f"{value & (1 << 128) - 1:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def trace_id_of(run_id: str) -> str:
    """Return the trace id of a run: the 32 hexadecimal digits of its UUID, or of a digest of any other id."""
    digits = run_id.replace("-", "").lower()
    if _HEX_DIGITS.fullmatch(digits) and int(digits, 16):
        return digits
    return sha256(run_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _renew_lock() -> None:
    global _lock
    _lock = Lock()


if hasattr(os, "register_at_fork"):  # a thread may hold the lock while another one forks
    os.register_at_fork(after_in_child=_renew_lock)
