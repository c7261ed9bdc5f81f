"""The one rule for names."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ValidationError
from spine.core.names import check_text, kind_of, plain, validate_name


@pytest.mark.parametrize("name", ["a", "_", "finra.otc.weekly", "A-1", "007", "a" * 200, "__x__"])
def test_a_name_that_follows_the_rule_is_returned(name: str) -> None:
    assert validate_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a..b", ".a", "a.", "-a", "a-", "a b", "a/b", "a\n", "ä", "a" * 201, "a\0", None, 1, b"a"]
)
def test_a_name_that_breaks_the_rule_is_refused_with_the_rule(name: Any) -> None:
    with pytest.raises(ValidationError, match="is not valid: use 1 to 200 letters, digits") as caught:
        validate_name(name, "step name")
    assert caught.value.field == "step name"
    assert str(caught.value).startswith("step name ")


@given(st.text(max_size=30))
def test_every_accepted_name_is_safe_in_a_path_a_url_and_a_shell_word(name: str) -> None:
    try:
        validate_name(name)
    except ValidationError:
        return
    assert re.fullmatch(r"[\w.-]+", name, re.ASCII)
    assert name not in (".", "..")
    assert not name.startswith(("-", "."))


@given(st.text("abzAZ09_", min_size=1, max_size=200))
def test_letters_digits_and_underscores_always_make_a_name(name: str) -> None:
    assert validate_name(name) == name


class Shape(str, Enum):
    ROUND = "round"


@pytest.mark.parametrize("value", ["round", Shape.ROUND])
def test_a_kind_of_core_is_the_member(value: str) -> None:
    assert kind_of(Shape, value, "shape") is Shape.ROUND


def test_a_kind_of_a_plugin_is_its_name() -> None:
    assert kind_of(Shape, "oval", "shape") == "oval"
    assert [plain(kind) for kind in (Shape.ROUND, "oval")] == ["round", "oval"]


@pytest.mark.parametrize("value", ["two words", "", None, 1])
def test_a_kind_that_is_no_name_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"^shape .* is not valid"):
        kind_of(Shape, value, "shape")


@pytest.mark.parametrize("text", ["a", "\x01", "ä" * 200, "\U0001f40d"])
def test_a_text_that_databases_can_keep_is_returned(text: str) -> None:
    assert check_text(text, "the key") == text


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "the key is empty"),
        ("a" * 201, "has 201 characters, at most 200 are possible"),
        ("a\0", "has a NUL character or half of a surrogate pair"),
        ("\ud800", "has a NUL character or half of a surrogate pair"),
    ],
)
def test_a_text_that_no_database_or_only_some_can_keep_is_refused(text: str, cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        check_text(text, "the key")
