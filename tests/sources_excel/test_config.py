"""Options that cannot be are refused when the source is made, and the README lists all of them."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import pytest
from attrs import Attribute, fields

from spine.core.errors import InvalidConfigError
from spine_sources_excel.config import ExcelSourceConfig
from spine_sources_excel.source import ExcelSource

README = Path(__file__).parents[2] / "spine-sources-excel" / "README.md"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"path": ""}, "path '' is not valid: give the path of a workbook"),
        ({"sheet": 0}, "sheet 0 is not valid: give a name, or a number from 1"),
        ({"range": "B3"}, "range 'B3' is not valid: give cells such as B3:F200 or B3:F"),
        ({"range": "F3:B9"}, "range 'F3:B9' ends before it begins"),
        ({"header_rows": 0}, "header_rows 0 is not valid: give a number, 1 or more"),
        ({"error_cells": "skip"}, "error_cells 'skip' is not known; known: fail, null"),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_the_source_is_made(options, sentence):
    with pytest.raises(InvalidConfigError) as raised:
        ExcelSource("book", **{"path": "x.xlsx", **options})
    assert sentence in str(raised.value)


def readme_row(option: Attribute) -> str:
    default = option.default.value if isinstance(option.default, Enum) else option.default
    shown = "" if default is None or option.name == "path" else f"`{default}`"
    return f"| `{option.name}` | {shown} | {option.metadata['help']} |"


@pytest.mark.parametrize(
    "option", [one for one in fields(ExcelSourceConfig) if one.name != "name"], ids=lambda one: one.name
)
def test_the_readme_lists_every_option(option):
    assert readme_row(option) in README.read_text()
