"""State of incremental sources: one cursor value per source, committed together with the captures."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from threading import Lock
from typing import Any, Protocol

from attrs import evolve, field, frozen

from spine.core.clock import utc_now
from spine.core.errors import ValidationError
from spine.core.scope import current_scope
from spine.framework.work import current_work, staging_work

logger = logging.getLogger("spine.sources")


@frozen
class SourceState:
    """Last value of a source's cursor, as `encode` writes it; `seen` in it are the digests of the rows near it.

    With `is_based`, it was computed from the stored value `based_on`, None without one; see `settled`.
    """

    source_name: str
    value: dict[str, Any] = field(hash=False)
    run_id: str | None = None
    updated_at: datetime = field(factory=utc_now)
    is_based: bool = False
    based_on: dict[str, Any] | None = field(default=None, hash=False)


class SourceStateStore(Protocol):
    """Store of source states."""

    def get(self, source_name: str) -> SourceState | None:
        """Return the state of a source, None if it has none."""
        ...

    def list_states(self) -> list[SourceState]:
        """Return every state, by name."""
        ...

    def commit(self, states: Sequence[SourceState]) -> None:
        """Store `states`, each as `settled` with the stored one."""
        ...

    def delete(self, source_name: str) -> bool:
        """Delete the state of a source; return True if there was one."""
        ...


class MemorySourceStateStore:
    """Store of source states in memory."""

    def __init__(self) -> None:
        self._states: dict[str, SourceState] = {}
        self._lock = Lock()

    def get(self, source_name: str) -> SourceState | None:
        return self._states.get(source_name)

    def list_states(self) -> list[SourceState]:
        return [self._states[name] for name in sorted(self._states)]

    def commit(self, states: Sequence[SourceState]) -> None:
        with self._lock:
            for state in states:
                kept = self._states.get(state.source_name)
                if (new := settled(state, kept)) is not None:
                    self._states[state.source_name] = new

    def delete(self, source_name: str) -> bool:
        with self._lock:
            return self._states.pop(source_name, None) is not None


def state_store() -> SourceStateStore:
    """Return the store of the current project."""
    return current_scope().get(SourceStateStore, MemorySourceStateStore)  # type: ignore[type-abstract]  # a key


def read_state(source_name: str) -> Any:
    """Return the value of a source's cursor, None without one; a step sees the value that it staged."""
    found = _current(source_name)
    return None if found is None else decode(found)


def read_seen(source_name: str) -> frozenset[str]:
    """Return the digests of the rows near the cursor that were read before."""
    return frozenset((_current(source_name) or {}).get("seen", ()))


def write_state(source_name: str, value: Any, *, seen: Iterable[str] = ()) -> None:
    """Set the value; inside a pipeline or step it is committed when that completes, with its captures."""
    work = staging_work(f"the state of source {source_name!r} was set", SourceStateStore)
    digests = sorted(seen)
    encoded = encode(value) | ({"seen": digests} if digests else {})
    state = SourceState(source_name, encoded, work.run_id if work else None)
    if work is not None and source_name in work.cursors:
        state = evolve(state, is_based=True, based_on=work.cursors[source_name])
    if work is None:
        state_store().commit([state])
    elif not work.dry_run:
        work.stage([state])


def _current(source_name: str) -> dict[str, Any] | None:
    work = current_work()
    for staged in reversed(work.visible() if work else []):
        if isinstance(staged, SourceState) and staged.source_name == source_name:
            return staged.value
    found = state_store().get(source_name)
    if work is not None:
        work.cursors.setdefault(source_name, None if found is None else found.value)
    return None if found is None else found.value


def settled(state: SourceState, stored: SourceState | None) -> SourceState | None:
    """Return the state to store, None to keep the `stored` one, which may have been changed by another run.

    Of two runs that began at the same value, the greater one counts: all rows up to it have been read, and those that
    either has seen near it. A cursor that
    was set back or deleted by hand meanwhile stays so: what was read is to be read again.
    """
    before = None if stored is None else stored.value
    if not state.is_based or before == state.based_on:
        return state
    if before is not None and stored is not None and not _is_less(before, state.based_on):
        seen = sorted({*before.get("seen", ()), *state.value.get("seen", ())})
        if _is_less(before, state.value):
            return evolve(state, value=state.value | {"seen": seen}) if seen else state
        if seen:
            return evolve(stored, value=before | {"seen": seen})
    where = "deleted" if before is None else f"set to {before['value']}"
    logger.warning(
        "the cursor of source %r was %s meanwhile, and stays so: give the workflow a limit of 1 if rows must not be "
        "read twice",
        state.source_name,
        where,
    )
    return None


def _is_less(one: dict[str, Any], other: dict[str, Any] | None) -> bool:
    """Return True if the value `one` is below `other`; False if they cannot be compared."""
    try:
        return other is not None and bool(decode(one) < decode(other))
    except TypeError:
        return False


def encode(value: Any) -> dict[str, Any]:
    """Return a cursor value as JSON values; ValidationError for an unsupported type."""
    if isinstance(value, datetime):
        return {"type": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"type": "date", "value": value.isoformat()}
    if isinstance(value, (float, Decimal)) and not isfinite(value):
        raise ValidationError(f"a cursor is a finite number, not {value}: no later value exceeds it")
    if isinstance(value, Decimal):
        return {"type": "decimal", "value": str(value)}
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return {"type": type(value).__name__, "value": value}
    raise ValidationError(f"a cursor is a number, a text, a date or a time, not a {type(value).__name__}")


def decode(stored: dict[str, Any]) -> Any:
    """Return the value that `encode` wrote."""
    make: dict[str, Any] = {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "decimal": Decimal,
        "str": str,
        "int": int,
        "float": float,
    }
    return make[stored["type"]](stored["value"])
