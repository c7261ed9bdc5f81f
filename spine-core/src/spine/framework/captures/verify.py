"""Verification of the payloads of captures."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from spine.framework.captures.damage import DamagedCaptureError
from spine.framework.captures.payloads import ParquetPayloads
from spine.framework.captures.revision import Capture


def verify_captures(
    payloads: ParquetPayloads, captures: Iterable[Capture], progress: Callable[[int], None] = lambda _bytes: None
) -> list[DamagedCaptureError]:
    """Read each file in full, once, and return an error for each capture whose file is missing or damaged.

    `progress` gets the number of bytes of each chunk that was read.
    """
    results: dict[str, DamagedCaptureError | None] = {}
    damaged = []
    for capture in captures:
        if capture.location not in results:
            results[capture.location] = _verify(payloads, capture.location, progress)
        found = results[capture.location]
        if found is not None:
            damaged.append(found.of(capture))
    return damaged


def _verify(payloads: ParquetPayloads, location: str, progress: Callable[[int], None]) -> DamagedCaptureError | None:
    try:
        payloads.verify(location, progress)
    except DamagedCaptureError as error:
        return error
    return None
