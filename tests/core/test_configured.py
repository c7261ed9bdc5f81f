"""A value of another type than the field's is an error that names the field, in every configured class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import pytest
from attrs import field, frozen, validators

from spine.core.configured import configured_by
from spine.core.duration import Seconds
from spine.core.errors import InvalidConfigError
from spine.core.secrets import Secret, as_secret


def _names(given: Iterable[str]) -> list[str]:
    return list(given)


def _token(given: str | Secret | None) -> Secret | None:
    return None if given is None else as_secret(given)


@frozen
class _Options:
    host: str = ""
    port: int = field(default=1, validator=validators.ge(1))
    wait: Seconds = 1.0
    level: Literal["low", "high"] = "low"
    token: Secret | None = field(default=None, converter=_token)
    names: list[str] = field(factory=list, converter=_names)
    rows: dict[str, Any] | None = None
    anything: Any = None


class _Server:
    @configured_by(_Options)
    def __init__(self, options: _Options) -> None:
        self.options = options
        self.columns = len(options.rows or ())


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("port", "5432a", "port must be an integer, not '5432a'"),
        ("port", True, "port must be an integer, not a value of the type bool"),
        ("port", 5.5, "port must be an integer, not a value of the type float"),
        ("wait", "5 m", "wait must be a number, not '5 m'"),
        ("level", 5, "level must be one of 'low', 'high', not a value of the type int"),
        ("host", None, "host must be a text, not a value of the type NoneType"),
        ("token", 12345, "token must be a Secret, not a value of the type int"),
        ("names", 5, "names must be a list, not a value of the type int"),
        ("rows", 5, "rows must be a dict, not a value of the type int"),
    ],
)
def test_a_value_of_another_type_names_the_field(option: str, value: Any, told: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        _Server(**{option: value})
    assert str(caught.value) == f"_Server: {told}"
    assert caught.value.key == option
    assert caught.value.value == (value if repr(value) in told else None)


def test_values_of_the_type_and_what_a_converter_takes_are_accepted() -> None:
    given = _Server("h", wait=5, token="t", names=(name for name in "ab"), rows=None, anything=object()).options
    assert (given.host, given.wait, given.token, given.names) == ("h", 5, Secret("t"), ["a", "b"])


def test_a_missing_or_surplus_argument_stays_a_type_error() -> None:
    given: Any = range(9)
    with pytest.raises(TypeError, match="too many positional arguments"):
        _Server(*given)


def test_a_type_error_of_the_constructor_that_no_value_explains_is_raised_as_it_is() -> None:
    class Broken:
        @configured_by(_Options)
        def __init__(self, options: _Options) -> None:
            self.port = options.port + options.host  # type: ignore[operator]

    with pytest.raises(TypeError, match="unsupported operand"):
        Broken("h", 1)
