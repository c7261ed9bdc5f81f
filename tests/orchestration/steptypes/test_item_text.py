"""Text of a map's item, as screens show it."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.secrets import Secret, SecretText
from spine.orchestration.steptypes.item_text import item_text
from spine.orchestration.steptypes.map_tables import StoredItem


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        ("BRK.B", "BRK.B"),
        (7, "7"),
        ({"day": "2026-01-02", "id": "B2"}, "id=B2, day=2026-01-02"),
        ([1, ["a", {"b": [1]}]], "[1, [a, {b=[...]}]]"),
        ({"id": 1, "below": {"password": "hunter2"}}, "id=1, below={password=********}"),
        ("https://ann:hunter2@host/x?token=abcdef", "https://ann:********@host/x?token=********"),
        (Secret("hunter2"), "********"),
        ([SecretText("hunter2")], "[********]"),
        ("a\x1b[31mred\nline", "ared line"),
        ("x" * 500, "x" * 117 + "..."),
        (list(range(10**6)), "[" + ", ".join(map(str, range(20))) + ", ...]"),
        (StoredItem({"": "at"}), "(table)"),
        (StoredItem({"rows": "at"}, {"id": 3}), "id=3, rows=(table)"),
    ],
)
def test_an_item_is_shown_on_one_line_without_secrets(item: Any, shown: str) -> None:
    assert item_text(item, "id") == shown


def test_an_item_whose_text_fails_is_shown_with_its_class() -> None:
    class Odd:
        def __str__(self) -> str:
            raise ValueError

    assert item_text(Odd()) == "Odd"
