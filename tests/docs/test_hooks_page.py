"""The page of the hooks agrees with the code: each signature, each field of each descriptor."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import attrs
import pytest

from spine.plugins import hookspecs
from spine.plugins.descriptors import KINDS, Descriptor

PAGE = (Path(__file__).parents[2] / "docs" / "plugin-authors" / "hooks.md").read_text()
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("spine_register_")}
TABLE = re.compile(r"^\| field(?: of `(\w+)`)? \| type \| default \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", re.MULTILINE)
FIELD = re.compile(r"^\| `(\w+)` \| `(.+?)` \| (?:`(.+?)`)? *\|", re.MULTILINE)
SHARED = [field.name for field in attrs.fields(Descriptor)]


def test_every_hook_stands_there_with_its_signature_and_no_other_does():
    written = re.findall(r"`(spine_register_\w+\(.*?\) -> .+?)`", PAGE)
    assert written == [f"{name}{inspect.signature(hook)}".replace("'", "") for name, hook in HOOKS.items()]


def test_every_hook_says_what_it_returns():
    assert all(inspect.getdoc(hook) for hook in HOOKS.values())


def test_the_fields_of_every_descriptor_stand_in_one_table():
    assert _written()[""] == [_row(field) for field in attrs.fields(Descriptor)]


@pytest.mark.parametrize("spec", KINDS.values(), ids=KINDS.keys())
def test_further_fields_of_a_descriptor_stand_in_a_table_of_their_own(spec):
    own = [_row(field) for field in attrs.fields(spec) if field.name not in SHARED]
    assert _written().get(spec.__name__, []) == own


def test_each_hook_returns_a_descriptor_of_its_own():
    returned = [re.findall(r"\[(\w+)\]", str(inspect.signature(hook)))[0] for hook in HOOKS.values()]
    assert returned == [spec.__name__ for spec in KINDS.values()]


def _written() -> dict[str, list[tuple[str, ...]]]:
    """Return the rows of each table of fields, by the descriptor in its head, "" for all."""
    return {
        spec: [(name, kind.replace("\\", ""), default) for name, kind, default in FIELD.findall(rows)]
        for spec, rows in TABLE.findall(PAGE)
    }


def _row(field: attrs.Attribute[Descriptor]) -> tuple[str, ...]:
    default = "" if field.default is attrs.NOTHING else repr(field.default)
    return field.name, str(field.type), default
