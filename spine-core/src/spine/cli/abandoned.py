"""Runs whose process has ended: the commands that continue them, in the order in which to type them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spine.cli.output import shown_id


def resume_commands(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the commands: those of a backfill are resumed with it, and before others."""
    gone = [run for run in runs if run["is_abandoned"]]
    for backfill in dict.fromkeys(run["backfill_id"] for run in gone if run["backfill_id"]):
        yield f"spine backfills resume {shown_id(backfill)}"
    single = [run["run_id"] for run in gone if not run["backfill_id"]]
    if single:
        yield f"spine runs resume {shown_id(single[0])}" if len(single) == 1 else "spine runs recover"
