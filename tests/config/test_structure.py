"""Tables become attrs objects strictly: nothing is guessed, converted or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import field, frozen

from spine.config.environment import FromEnvironment
from spine.config.structure import structure
from spine.core.duration import Days, Minutes, Seconds
from spine.core.errors import ConfigError, InvalidConfigError, MissingConfigError
from spine.core.secrets import Secret


class Color(Enum):
    RED = "red"
    DARK_BLUE = "dark-blue"


@frozen
class Inner:
    size: int


@frozen
class Options:
    text: str
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    color: Color = Color.RED
    names: list[str] = field(factory=list)
    pair: tuple[str, ...] = ()
    maybe: Sequence[int] | None = None
    secret: Secret | None = None
    place: Path | None = None
    mode: Literal["a", "b"] = "a"
    inner: Inner | None = None
    table: dict[str, int] = field(factory=dict)
    either: str | tuple[str, ...] | None = None
    share: int | str = 0
    days: tuple[date, ...] = ()


def _refusal(**data: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        structure({"text": "x", **data}, Options, "here")
    return str(caught.value)


def test_values_of_the_right_type_pass() -> None:
    data = {
        "text": "007",
        "number": 10**20,
        "ratio": 1,
        "flag": True,
        "color": "Dark-Blue",
        "names": ["a"],
        "pair": ["a", "b"],
        "maybe": [1],
        "secret": "s",
        "place": "p",
        "mode": "b",
        "inner": {"size": 1},
        "table": {"a": 1},
    }
    found = structure(data, Options, "here")
    assert found == Options(
        "007",
        10**20,
        1.0,
        True,
        Color.DARK_BLUE,
        ["a"],
        ("a", "b"),
        [1],
        Secret("s"),
        Path("p"),
        "b",
        Inner(1),
        {"a": 1},
    )
    assert type(found.ratio) is float


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"text": 1}, "here.text must be a text, not an integer"),
        ({"number": "1"}, "here.number must be an integer, not a text"),
        ({"number": True}, "here.number must be an integer, not a boolean"),
        ({"number": 1.5}, "here.number must be an integer, not a number"),
        ({"ratio": "1"}, "here.ratio must be a number, not a text"),
        ({"flag": 1}, "here.flag must be true or false, not an integer"),
        ({"flag": "true"}, "here.flag must be true or false, not a text"),
        ({"color": "green"}, "here.color must be one of red, dark-blue, not 'green'"),
        ({"color": 1}, "here.color must be one of red, dark-blue, not an integer"),
        ({"names": "abc"}, "here.names must be a list, not a text"),
        ({"names": ["a", 1]}, "here.names[1] must be a text, not an integer"),
        ({"pair": "abc"}, "here.pair must be a list, not a text"),
        ({"maybe": "abc"}, "here.maybe must be a list, not a text"),
        ({"secret": 1}, "here.secret must be a text, not an integer"),
        ({"inner": {"size": "x"}}, "here.inner.size must be an integer, not a text"),
        ({"inner": {"siz": 1, "size": 1}}, "here.inner: unknown key 'siz'; did you mean 'size'?"),
        ({"inner": "x"}, "here.inner must be a table, not a text"),
        ({"table": "x"}, "here.table must be a table, not a text"),
        ({"table": {"a": "x"}}, "here.table.a must be an integer, not a text"),
        ({"nmber": 1}, "here: unknown key 'nmber'; did you mean 'number'?"),
    ],
)
def test_the_wrong_type_is_named_in_words(data: dict[str, Any], sentence: str) -> None:
    assert _refusal(**data) == sentence


@pytest.mark.parametrize(
    ("given", "kept"),
    [({"either": "x"}, "x"), ({"either": ["x", "y"]}, ("x", "y")), ({"share": 5}, 5), ({"share": "5%"}, "5%")],
)
def test_a_value_may_be_of_one_of_several_types(given: dict[str, Any], kept: Any) -> None:
    [key] = given
    assert getattr(structure({"text": "x", **given}, Options, "here"), key) == kept


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"either": 5}, "here.either must be a text or a list, not an integer"),
        ({"either": ["x", 5]}, "here.either[1] must be a text, not an integer"),
        ({"share": True}, "here.share must be an integer or a text, not a boolean"),
    ],
)
def test_a_value_of_none_of_several_types_is_told_all_of_them(data: dict[str, Any], sentence: str) -> None:
    assert _refusal(**data) == sentence


def test_a_literal_is_one_of_its_values() -> None:
    assert "here.mode" in _refusal(mode="c")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(MissingConfigError, match="here: key 'text' is missing"):
        structure({}, Options, "here")
    with pytest.raises(MissingConfigError, match=r"here\.inner: key 'size' is missing"):
        structure({"text": "", "inner": {}}, Options, "here")


def test_a_value_that_the_class_refuses_is_an_invalid_config_error_with_its_place() -> None:
    @frozen
    class Checked:
        size: int = field()

        @size.validator
        def _positive(self, _: object, value: int) -> None:
            if value < 0:
                raise ValueError("size must not be negative")

    with pytest.raises(InvalidConfigError, match="here: size must not be negative"):
        structure({"size": -1}, Checked, "here")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("number", "7", 7), ("flag", "true", True), ("ratio", "1", 1.0), ("names", '["a"]', ["a"]), ("text", "7", "7")],
)
def test_the_text_of_a_variable_becomes_what_is_expected(key: str, text: str, value: Any) -> None:
    found = structure({"text": "x", key: FromEnvironment(text, "V")}, Options, "here")
    assert getattr(found, key) == value
    assert type(getattr(found, key)) is type(value)


def test_a_secret_is_not_shown_by_an_error() -> None:
    assert "hunter2" not in _refusal(secret=["hunter2"])


def test_a_date_is_one_of_toml() -> None:
    given = [date(2026, 12, 24), FromEnvironment("2026-12-25", "SPINE_X")]
    assert structure({"text": "x", "days": given}, Options, "here").days == (date(2026, 12, 24), date(2026, 12, 25))


@pytest.mark.parametrize(("value", "word"), [("2026-12-24", "a text"), (datetime(2026, 12, 24), "a date or time")])
def test_an_invalid_date_is_refused(value: object, word: str) -> None:
    expected = f"here.days[0] must be a date such as 2026-12-24, without quotes, not {word}"
    assert _refusal(days=[value]) == expected


@frozen
class Times:
    lease_seconds: Seconds = 60.0
    throttle_minutes: Minutes | None = None
    keep_days: Days | None = None


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"lease_seconds": 90}, Times(lease_seconds=90.0)),
        ({"lease_seconds": "1m30s"}, Times(lease_seconds=90.0)),
        ({"lease_seconds": FromEnvironment("90s", "LEASE")}, Times(lease_seconds=90.0)),
        ({"lease_seconds": FromEnvironment("90", "LEASE")}, Times(lease_seconds=90.0)),
        ({"throttle_minutes": "2h"}, Times(throttle_minutes=120.0)),
        ({"keep_days": "12w"}, Times(keep_days=84.0)),
    ],
)
def test_a_setting_with_a_unit_is_a_number_of_it_or_a_duration(data: dict[str, Any], kept: Times) -> None:
    assert structure(data, Times, "here") == kept


@pytest.mark.parametrize(
    ("given", "word"), [("90", "not '90'"), ("soon", "not 'soon'"), (True, "not a boolean"), ([], "not a list")]
)
def test_an_invalid_duration_is_refused_with_an_example(given: object, word: str) -> None:
    with pytest.raises(InvalidConfigError, match="lease_seconds must be a number, or a duration such as") as caught:
        structure({"lease_seconds": given}, Times, "here")
    assert word in str(caught.value)


@pytest.mark.parametrize("text", ["inf", "-inf", "nan"])
def test_a_number_that_is_not_finite_is_refused_by_its_key_and_variable(text: str) -> None:
    @frozen
    class Numbers:
        share: float = 1.0
        wait: Seconds = 1.0

    for key in ("share", "wait"):
        with pytest.raises(InvalidConfigError, match=rf"here\.{key} must be .* \(the environment variable V sets it\)"):
            structure({key: FromEnvironment(text, "V")}, Numbers, "here")
    with pytest.raises(InvalidConfigError, match=r"here\.wait must be at most 100 years, not 1e\+15"):
        structure({"wait": 1e15}, Numbers, "here")
