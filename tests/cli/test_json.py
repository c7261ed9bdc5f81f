"""What each command prints with --json fits its schema, which is in the reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from spine.cli.examples import leaves
from spine.cli.json_shapes import SHAPES, failure_schema, schema_of
from spine.cli.main import cli
from tests.cli.json_calls import CALLS, prepare
from tests.projects import call

WITH_JSON = sorted(
    path for path, command in leaves("", cli) if any("--json" in parameter.opts for parameter in command.params)
)
pytestmark = pytest.mark.xdist_group("json")  # one project for all
FAILED = {"code", "message", "hint", "category", "retryable"}
MAY_BE_EMPTY = {"plugins check", "db check", "alerts retry", "runs wake", "runs recover"}  # which find nothing wrong


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What each command prints, called one after the other in one project."""
    root = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        shop = prepare(root)
        try:
            yield {path: shop.call(path).json for path in CALLS}
        finally:
            shop.close()


@pytest.mark.parametrize("path", WITH_JSON)
def test_a_command_has_a_schema_and_a_call(path: str) -> None:
    assert path in SHAPES, f"spine {path} has no schema: add what it prints to spine/cli/json_shapes.py: SHAPES"
    assert path in CALLS, f"spine {path} is not called: add its arguments to tests/cli/json_calls.py: CALLS"


def test_every_schema_and_call_is_of_a_command() -> None:
    assert sorted(SHAPES) == sorted(CALLS) == WITH_JSON


@pytest.mark.parametrize("path", CALLS)
def test_what_a_command_prints_fits_its_schema(path: str, printed: dict[str, Any]) -> None:
    found = printed[path]
    assert not (isinstance(found, dict) and found.keys() == FAILED), f"spine {path} failed: {found['message']}"
    assert found or path in MAY_BE_EMPTY, f"spine {path} has nothing to print, so that its schema is not tested"
    schema = schema_of(path, closed=True)  # a key that it does not name is not in the reference either
    Draft202012Validator.check_schema(schema)
    wrong = [f"{each.json_path}: {each.message}" for each in Draft202012Validator(schema).iter_errors(found)]
    assert not wrong, f"change spine/cli/json_shapes.py: SHAPES[{path!r}]: {wrong[:3]}"


def test_a_failure_fits_the_schema_of_failures(tmp_path: Path) -> None:
    for arguments in (("rum", "--json"), ("--project", str(tmp_path), "runs", "list", "--json")):
        Draft202012Validator(failure_schema(closed=True)).validate(call(*arguments).json)


def test_help_prints_the_schema_of_a_command() -> None:
    assert call("help", "runs", "list", "--schema").json == schema_of("runs list")
    outcome = call("help", "completion", "--schema")
    assert outcome.code == 2
    assert outcome.sentence == "spine completion prints no JSON: its --help says what it prints"
