"""Column names: checked for presence and made distinct."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from spine.core.errors import ParseError
from spine.core.suggest import did_you_mean

_DELIMITERS = ";\t|,"


def check_columns(there: Collection[str], columns: Iterable[str], label: str, why: str = "") -> None:
    """Raise a ParseError for the first of `columns` that a file lacks."""
    for name in columns:
        if name not in there:
            raise ParseError(f"{label} has no column {name!r}{why}{_hint(name, list(there))}")


def _hint(name: str, there: Sequence[str]) -> str:
    """Return the closest column, or the delimiter that a header of one column has inside."""
    inside = [sign for sign in _DELIMITERS if len(there) == 1 and sign in there[0]]
    if not inside:
        return did_you_mean(name, there)
    sign = inside[0].replace("\t", "\\t")
    return f'; the header is one column with "{sign}" in it: set delimiter = "{sign}"'


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
