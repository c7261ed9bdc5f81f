"""The end of a sentence about an unknown name."""

from __future__ import annotations

import pytest

from spine.core.suggest import did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("weekyl", ["weekly", "daily"], "; did you mean 'weekly'?"),
        ("zzz", ["b", "a"], "; known: a, b"),
        ("zzz", [], ""),
        ("zzz", [f"n{number}" for number in range(10)], "; known: n0, n1, n2, n3, n4, n5, n6, n7 and 2 more"),
        ("", ["a"], "; known: a"),
    ],
)
def test_the_closest_name_is_suggested_or_what_there_is(name: str, known: list[str], expected: str) -> None:
    assert did_you_mean(name, iter(known)) == expected
