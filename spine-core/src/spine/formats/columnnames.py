"""Column names: checked for presence and made distinct."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from spine.core.errors import ParseError
from spine.core.suggest import did_you_mean


def check_columns(there: Collection[str], columns: Iterable[str], label: str) -> None:
    """Raise a ParseError for the first of `columns` that a file lacks."""
    for name in columns:
        if name not in there:
            raise ParseError(f"{label} has no column {name!r}{did_you_mean(name, there)}")


def distinct_names(header: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the names, each once, and the original of each that was changed: the second `a` is `a_2`."""
    written, given = set(header), set[str]()
    numbers: dict[str, int] = {}
    names: list[str] = []
    renamed: dict[str, str] = {}
    for name in header:
        free = name
        while free in given or (free != name and free in written):
            numbers[name] = numbers.get(name, 1) + 1
            free = f"{name}_{numbers[name]}"
        if free != name:
            renamed[free] = name
        given.add(free)
        names.append(free)
    return names, renamed
