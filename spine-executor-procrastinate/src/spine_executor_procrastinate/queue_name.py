"""Names of queues in Procrastinate."""

from __future__ import annotations

import hashlib

_LONGEST_NAME = 40  # bytes


def queue_of(project: str, queue: str) -> str:
    """Return the name in Procrastinate of a queue of a project: several projects may share a database.

    A long one ends with a digest: the channel of its notifications has 23 bytes more, and PostgreSQL allows 63.
    """
    name = f"{project}/{queue}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name.encode()[: _LONGEST_NAME - 17].decode(errors='ignore')}~{digest}"
