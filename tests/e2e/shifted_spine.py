"""The command line on a machine whose clock is wrong: `shifted_spine.py SECONDS ARGUMENT...`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import spine.core.clock

_SHIFT = timedelta(seconds=float(sys.argv[1]))


def _shifted(*_: object) -> datetime:
    return datetime.now(UTC) + _SHIFT


spine.core.clock.utc_now = _shifted
spine.core.clock.SystemClock.now = _shifted  # type: ignore[method-assign]

if __name__ == "__main__":
    from spine.cli.main import main

    main(sys.argv[2:])
