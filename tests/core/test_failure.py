"""Failures as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from attrs import evolve

from spine.core.adapters.database import get_database
from spine.core.errors import NetworkError, SpineError
from spine.core.failure import Failure, category_of, failure_of, text_of
from spine.core.kept_text import kept_text
from spine.core.masking import ProjectSecrets
from spine.core.scope import Scope
from spine.core.secrets import MASK
from spine_sources_file.files import PathsAndUrls, find_files


def caught(function: Callable[[], object]) -> Exception:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def missing() -> object:
    return {}["price"]


def chained() -> None:
    try:
        missing()
    except KeyError as error:
        raise SpineError("no price") from error


def deep(n: int) -> int:
    return deep(n - 1) if n else 1 // 0


def test_a_failure_names_the_place_and_the_line_of_code() -> None:
    failure = failure_of(caught(missing))
    assert (failure.type, failure.message) == ("KeyError", "KeyError: 'price'")
    assert failure.place is not None
    assert failure.place.file == __file__
    assert (failure.place.function, failure.place.code) == ("missing", 'return {}["price"]')


def test_an_error_of_spine_that_no_code_of_the_user_raised_has_no_place() -> None:
    found = failure_of(caught(lambda: get_database("nowhere")))
    assert found.place is not None
    assert found.place.file == __file__
    assert evolve(found, frames=[frame for frame in found.frames if frame.is_library]).place is None


def test_frames_of_libraries_are_marked_and_the_place_is_in_the_users_code() -> None:
    failure = failure_of(caught(lambda: json.loads("{")))
    assert [frame.is_library for frame in failure.frames][-1] is True
    assert failure.place is not None
    assert failure.place.file == __file__


def test_the_cause_is_kept() -> None:
    failure = failure_of(caught(chained))
    assert (failure.type, failure.cause and failure.cause.type) == ("SpineError", "KeyError")


def test_a_deep_recursion_keeps_both_ends() -> None:
    failure = failure_of(caught(lambda: deep(200)))
    assert len(failure.frames) == 40
    assert failure.cut == 202 + 1 - 40
    assert failure.frames[-1].code == "return deep(n - 1) if n else 1 // 0"


def test_locals_are_not_kept() -> None:
    def leaking() -> None:
        hidden = "-".join(("hunter2", "hunter3"))
        raise ValueError(len(hidden))

    assert "hunter2-hunter3" not in json.dumps(failure_of(caught(leaking)).to_dict())


def test_a_failure_comes_back_from_json() -> None:
    group = ExceptionGroup("two", [caught(missing), ConnectionError("down")])
    failure = failure_of(group)
    assert Failure.from_dict(json.loads(json.dumps(failure.to_dict()))) == failure
    assert [part.type for part in failure.group] == ["KeyError", "ConnectionError"]


def test_the_text_of_a_group_names_what_it_holds() -> None:
    assert text_of(ExceptionGroup("in a TaskGroup", [ConnectionError("db1 is down"), ValueError("row 17")])) == (
        "in a TaskGroup (2 sub-exceptions): ConnectionError: db1 is down; ValueError: row 17"
    )


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (KeyError("week"), "INTERNAL"),
        (ValueError("bad"), "INTERNAL"),
        (ZeroDivisionError(), "INTERNAL"),
        (RuntimeError("gone"), "INTERNAL"),
        (ConnectionError("down"), "NETWORK"),
        (FileNotFoundError("x.csv"), "SOURCE"),
        (PermissionError("x.csv"), "AUTH"),
        (NetworkError("down"), "NETWORK"),
        (caught(lambda: json.loads("{")), "PARSE"),
        (caught(lambda: pc.divide(pa.array([1]), 0)), "INTERNAL"),
        (ExceptionGroup("g", [ConnectionError("a"), ConnectionError("b")]), "NETWORK"),
        (ExceptionGroup("g", [ConnectionError("a"), KeyError("b")]), "UNKNOWN"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_fault_of_the_code_is_internal(error: Exception, category: str) -> None:
    assert category_of(error).value == category


def test_arrow_that_cannot_read_a_file_is_parse(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "x.parquet"
    path.write_text("not parquet, but long enough to look at")
    assert category_of(caught(lambda: pq.read_table(path))).value == "PARSE"


def test_a_text_is_cut_and_says_so_and_shows_no_secret_at_the_border(own_scope: Scope) -> None:
    own_scope.provide(ProjectSecrets, ProjectSecrets(lambda: ["s3cret-token", "abc"]))
    assert kept_text("x" * 20, 10) == "xxxxxxxxxx... (10 more characters)"
    assert kept_text("401 for s3cret-token, abc") == f"401 for {MASK}, abc"
    assert "s3cret" not in kept_text("12345s3cret-token and more", 10)


def test_frames_of_plugins_are_those_of_libraries_wherever_they_are_installed() -> None:
    failure = failure_of(caught(lambda: find_files(PathsAndUrls(), ["nowhere.csv"])))
    assert failure.frames[-1].is_library
    assert failure.place is not None
    assert failure.place.file == __file__


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (caught(lambda: Decimal("12,5")), "InvalidOperation: ConversionSyntax"),
        (TypeError((int, Decimal)), "TypeError: int, Decimal"),
        (ValueError(object()), "ValueError"),
        (ValueError(" "), "ValueError"),
        (AssertionError(), "AssertionError"),
        (ValueError("<class 'int'> is not a list"), "<class 'int'> is not a list"),
    ],
)
def test_a_text_without_a_sentence_is_replaced_by_the_class(error: Exception, shown: str) -> None:
    assert text_of(error) == failure_of(error).message == shown
