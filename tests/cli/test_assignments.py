"""`-p key=value` is text, `-p key:=json` is any value."""

from __future__ import annotations

from typing import Any

import click
import pytest

from spine.cli.assignments import assignments


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1", {"a": "1"}),
        ("a=007", {"a": "007"}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a= b ", {"a": " b "}),
        ("a:=1", {"a": 1}),
        ("a:=[1, null]", {"a": [1, None]}),
        ('a:="x"', {"a": "x"}),
        ("a:b=1", {"a:b": "1"}),
    ],
)
def test_what_is_written_is_what_arrives(text: str, found: dict[str, Any]) -> None:
    assert assignments((text,)) == found


def test_several_add_up() -> None:
    assert assignments(("a=1", "b:=2")) == {"a": "1", "b": 2}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (("a",), "'a' is not key=value (or key:=json)"),
        (("=a",), "'=a' is not key=value"),
        ((":=1",), "':=1' is not key=value"),
        (("a:=[",), "'a:=[': the part after := is not JSON: Expecting value"),
        (("a=1", "a:=2"), "'a' is given twice"),
        (("\x1b[31m",), r"'\x1b[31m' is not key=value"),
    ],
)
def test_anything_else_is_refused(text: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        assignments(text)
    assert sentence in caught.value.message
