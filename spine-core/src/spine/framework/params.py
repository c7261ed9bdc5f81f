"""Declared parameters of a pipeline, and the checks of their values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import date, datetime
from enum import Enum
from os import PathLike
from pathlib import Path
from typing import Any

from attrs import field, frozen

from spine.core.errors import BadParamsError

Validator = Callable[[Any], bool]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@frozen
class ParamDef:
    """Parameter: its type, description and constraints."""

    name: str
    type: type[Any]
    description: str
    required: bool = True
    default: Any = None
    validator: Validator | None = None
    error_message: str | None = None

    def validate(self, value: Any) -> tuple[bool, str | None]:
        """Return (True, None) or (False, error message); a validator that raises rejects the value."""
        if value is None:
            return (False, f"{self.name} must not be None") if self.required else (True, None)
        if not self._has_type(value):
            hint = _in_brackets(_FORMATS.get(self.type))
            return False, f"{self.name} must be {_type_name(self.type)}, not {type(value).__name__}{hint}"
        if self.validator is None:
            return True, None
        try:
            valid, why = bool(self.validator(value)), _in_brackets(self._rule)
        except Exception as error:  # noqa: BLE001 - a validator may raise for an unexpected type
            valid, why = False, f" ({error})"
        return valid, None if valid else self.error_message or f"{self.name} has an invalid value: {value!r:.80}{why}"

    def read(self, value: Any) -> Any:
        """Return a text from the command line or the environment as a value of the declared type.

        Numbers, lists and dicts are parsed as JSON, a date and a time as ISO 8601, a boolean is true or false. A text
        that does not parse, and any other value, is returned unchanged.
        """
        if not isinstance(value, str) or self.type is str:
            return value
        try:
            found = _READERS[self.type](value) if self.type in _READERS else value
        except ValueError:
            return value
        return found if self._has_type(found) else value

    @property
    def expected(self) -> str:
        """The format of a value and the rule for it, empty where any text will do."""
        return self._rule or _FORMATS.get(self.type, "")

    @property
    def _rule(self) -> str:
        name = getattr(self.validator, "__name__", "<lambda>")
        return getattr(self.validator, _EXPECTED, "" if name == "<lambda>" else f"a value that {name} accepts")

    def _has_type(self, value: Any) -> bool:
        if self.type is float:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        if self.type is int:
            return isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, self.type)


_READERS: dict[Any, Callable[[str], Any]] = {
    bool: lambda text: json.loads(text.lower()),
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    **dict.fromkeys((int, float, list, dict), _json),
}


_EXPECTED = "spine_expected"  # attribute of a validator: the values that it accepts, in words
_FORMATS: dict[Any, str] = {
    bool: "true or false",
    date: "a date written YYYY-MM-DD",
    datetime: "a time written YYYY-MM-DDTHH:MM:SS",
    int: "a whole number",
    float: "a number",
    list: "a JSON list",
    dict: "a JSON object",
}


def _in_brackets(expected: str | None) -> str:
    return f" (expected: {expected})" if expected else ""


@frozen
class ValidationResult:
    """Result of a parameter check: the missing parameters, and an error for each invalid one by name.

    `expected` has the format and rule of missing ones.
    """

    valid: bool
    missing_params: list[str] = field(factory=list)
    invalid_params: dict[str, str] = field(factory=dict)
    expected: dict[str, str] = field(factory=dict)

    @property
    def has_errors(self) -> bool:
        return bool(self.missing_params or self.invalid_params)

    def get_error_message(self) -> str:
        """Return one sentence with every error, empty if there is none."""
        parts = []
        if self.missing_params:
            missing = [f"{name}{_in_brackets(self.expected.get(name))}" for name in self.missing_params]
            parts.append(f"missing parameters: {', '.join(missing)}")
        parts.extend(self.invalid_params.values())
        return "; ".join(parts)


def _definitions(given: Mapping[str, ParamDef] | None) -> dict[str, ParamDef]:
    return dict(given or {})


def _texts(given: Iterable[str] | None) -> list[str]:
    return list(given or ())


@frozen
class PipelineSpec:
    """Parameters of a pipeline by name, and its help text. Undeclared parameters are accepted."""

    required_params: Mapping[str, ParamDef] = field(default=None, converter=_definitions)
    optional_params: Mapping[str, ParamDef] = field(default=None, converter=_definitions)
    description: str | None = None
    examples: list[str] = field(default=None, converter=_texts)
    notes: list[str] = field(default=None, converter=_texts)

    @property
    def params(self) -> dict[str, ParamDef]:
        """All parameters by name, the required ones first."""
        return {**self.required_params, **self.optional_params}

    def validate(self, params: Mapping[str, Any]) -> ValidationResult:
        """Check `params` against the definitions without changing them. None counts as not given."""
        missing = [name for name in self.required_params if params.get(name) is None]
        invalid: dict[str, str] = {}
        for name, definition in self.params.items():
            if params.get(name) is None:
                continue
            valid, message = definition.validate(params[name])
            if not valid:
                invalid[name] = message or f"{name} is invalid"
        expected = {name: self.required_params[name].expected for name in missing}
        return ValidationResult(not missing and not invalid, missing, invalid, expected)

    def check(self, params: Mapping[str, Any], where: str) -> None:
        """Raise BadParamsError with one sentence for all missing or invalid parameters; `where` is its subject."""
        checked = self.validate(params)
        if checked.has_errors:
            raise BadParamsError(
                f"{where}: {checked.get_error_message()}",
                missing_params=checked.missing_params,
                invalid_params=list(checked.invalid_params),
            )

    def with_defaults(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return a new dict: copies of the defaults of the optional parameters, overlaid with `params`."""
        found = ((name, item.default) for name, item in self.optional_params.items())
        defaults = {name: deepcopy(default) for name, default in found if default is not None}
        return {**defaults, **params}

    def get_help_text(self) -> str:
        """Return the description, the parameters under Required and Optional, examples and notes as plain text."""
        lines = [self.description] if self.description else []
        for title, definitions in (("Required", self.required_params), ("Optional", self.optional_params)):
            if definitions:
                lines.append(f"{title} parameters:")
                lines.extend(_help_line(name, definition) for name, definition in definitions.items())
        for title, texts in (("Examples", self.examples), ("Notes", self.notes)):
            if texts:
                lines.append(f"{title}:")
                lines.extend(f"  {text}" for text in texts)
        return "\n".join(lines)


def _type_name(kind: Any) -> str:
    return getattr(kind, "__name__", None) or str(kind)  # `int | str` has no name


def _help_line(name: str, definition: ParamDef) -> str:
    default = "" if definition.default is None else f" (default: {definition.default!r})"
    return f"  {name} ({_type_name(definition.type)}): {definition.description}{default}"


def _expects(text: str) -> Callable[[Validator], Validator]:
    def decorate(validator: Validator) -> Validator:
        vars(validator)[_EXPECTED] = text
        return validator

    return decorate


@_expects("the path of an existing file")
def file_exists(value: Any) -> bool:
    """Return True if `value` is the path of an existing file."""
    return isinstance(value, (str, PathLike)) and Path(value).is_file()


def enum_value(enum: type[Enum]) -> Validator:
    """Return a validator that accepts the members of `enum` and their values."""
    values = [member.value for member in enum]
    expects = _expects(f"one of {', '.join(map(str, values))}")
    return expects(lambda value: isinstance(value, enum) or value in values)


@_expects("a date written YYYY-MM-DD")
def date_format(value: Any) -> bool:
    """Return True if `value` is a date written YYYY-MM-DD (ISO 8601, extended form)."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


@_expects("a whole number above 0")
def positive_int(value: Any) -> bool:
    """Return True if `value` is an integer above zero."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@_expects("a whole number, 0 or above")
def non_negative_int(value: Any) -> bool:
    """Return True if `value` is an integer, zero or above."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
