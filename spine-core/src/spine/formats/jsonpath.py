"""Dotted paths into JSON documents: `result.items`, `pages.0.next`, `'@odata.nextLink'`, and `$` for the whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Self

from attrs import frozen

from spine.core.errors import InvalidConfigError

WHOLE: Final = "$"
MISSING: Final = object()

_STEP = re.compile(r"""'([^']+)'|"([^"]+)"|([^.'"]+)""")


class PathError(ValueError):
    """A text that is no path, with what is wrong about it."""


@frozen
class Step:
    """One key, or the position in an array if it is a number without quotes."""

    key: str
    quoted: bool = False

    def of(self, value: Any) -> Any:
        """Return what this step leads to in a JSON value, MISSING if nothing."""
        if isinstance(value, list):
            is_position = not self.quoted and self.key.isascii() and self.key.isdigit()
            return value[int(self.key)] if is_position and int(self.key) < len(value) else MISSING
        return value.get(self.key, MISSING) if isinstance(value, dict) else MISSING


@frozen
class JsonPath:
    """Parsed path; without steps it is the whole document."""

    text: str
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the path that a text describes; a PathError says what is wrong.

        Keys are separated by dots; one with a dot or a quote in it stands in single or double quotes.
        """
        if text == WHOLE:
            return cls(text, ())
        steps: list[Step] = []
        position = 0
        while True:
            found = _STEP.match(text, position)
            if found is None:
                raise PathError("keys are separated by single dots, and one with a dot or a quote in it is quoted")
            steps.append(Step(found[1] or found[2] or found[3], quoted=found[3] is None))
            position = found.end()
            if position == len(text):
                break
            if text[position] != ".":
                raise PathError("a quote begins and ends at a dot, or at an end of the path")
            position += 1
        if steps[0] == Step(WHOLE):
            raise PathError(f"{WHOLE} alone is the whole document: leave {WHOLE}. out before a key")
        return cls(text, tuple(steps))

    @classmethod
    def quoted(cls, key: str) -> str | None:
        """Return the text of a path of one key, in quotes where it needs them; None for a key that no path can name."""
        for text in (key, f"'{key}'", f'"{key}"'):
            try:
                steps = cls.parse(text).steps
            except PathError:
                continue
            if [step.key for step in steps] == [key]:
                return text
        return None

    @property
    def parent(self) -> JsonPath:
        """The path of what the last step is taken in."""
        return JsonPath(self.text, self.steps[:-1])

    def find(self, document: Any) -> Any:
        """Return the value there, MISSING if there is none."""
        found = document
        for step in self.steps:
            found = step.of(found)
        return found

    def missing(self, document: Any) -> str:
        """Return the part of an error that says where the path ends too early in a document."""
        found = document
        for number, step in enumerate(self.steps):
            following = step.of(found)
            if following is MISSING:
                return f"{step.key!r} is missing; {_there(found, self.steps[number:])}"
            found = following
        return f"{self.text!r} is there"

    def put(self, document: Any, value: Any) -> dict[str, Any]:
        """Return a copy of an object with the value set there; objects on the way are made where they are missing."""
        first, rest = self.steps[0], self.steps[1:]
        given = document if isinstance(document, dict) else {}
        set_value = JsonPath(self.text, rest).put(given.get(first.key), value) if rest else value
        return {**given, first.key: set_value}


def value_at(document: Any, path: str) -> Any:
    """Return the value at a path; None if there is none."""
    found = JsonPath.parse(path).find(document)
    return None if found is MISSING else found


def is_path(table: str = "") -> Callable[[Any, Any, Any], None]:
    """Return the validator of an option that is a path, or None; `table` is the table of the option."""

    def check(instance: Any, attribute: Any, value: Any) -> None:
        name = f"{table}.{attribute.name}" if table else attribute.name
        try:
            if value is not None:
                JsonPath.parse(value)
        except PathError as error:
            raise InvalidConfigError(name, value, f"{name} {value!r} is not a path: {error}") from error

    return check


def kind_of_json(value: Any) -> str:
    """Return what a JSON value is, for error texts."""
    if value is None:
        return "null"
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        Decimal: "a number",
        str: "a text",
        list: "an array",
    }
    return kinds.get(type(value), "an object")


def _there(value: Any, steps: tuple[Step, ...]) -> str:
    if not isinstance(value, dict):
        return f"it holds {kind_of_json(value)}"
    for count in range(len(steps), 1, -1):
        joined = ".".join(step.key for step in steps[:count])
        if joined in value:
            return f"there is a key with dots: write it in quotes, '{joined}'"
    return f"there are {', '.join(list(value)[:8])}" if value else "it is an empty object"
