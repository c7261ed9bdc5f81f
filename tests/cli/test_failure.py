"""An error as one sentence on stderr, as the exit code of its class, and with --json as one object on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from spine.cli.failure import report, wants_json
from spine.core.errors import BadParamsError, ConfigError, PipelineNotFoundError, SpineError, ValidationError
from spine.framework.captures import CaptureNotFoundError
from spine.framework.sources.registry import UnknownSourceError
from spine.orchestration.records import UnknownRunError
from spine.orchestration.registry import UnknownWorkflowError
from tests.projects import Project, call


class LicenseError(SpineError):
    exit_code = 7


@pytest.mark.parametrize(
    "cls",
    [
        BadParamsError,
        CaptureNotFoundError,
        ConfigError,
        PipelineNotFoundError,
        UnknownRunError,
        UnknownSourceError,
        UnknownWorkflowError,
        ValidationError,
    ],
)
def test_wrong_input_of_the_user_exits_with_2(cls: type[SpineError]) -> None:
    assert report(cls("there is no such thing"), []) == 2


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (SpineError("it broke"), "Error: it broke\n", 1),
        (LicenseError("it has expired"), "Error: it has expired\n", 7),
        (KeyError("a"), "Error: KeyError: 'a' (run again with --debug for the traceback)\n", 1),
    ],
)
def test_an_error_is_one_sentence_and_the_exit_code_of_its_class(
    error: Exception, sentence: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, []) == code
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", sentence)


def test_a_failure_with_json_is_one_object_with_the_class_the_sentence_and_what_to_do(
    scratch_project: Callable[..., Project],
) -> None:
    outcome = scratch_project().call("run", "numbrs", "--json")
    assert outcome.code == 2
    assert outcome.json == {
        "code": "UnknownWorkflowError",
        "message": outcome.sentence,
        "hint": "did you mean 'numbers'?",
        "category": "ORCHESTRATION",
        "retryable": False,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (("runs", "list", "--nope", "--json"), "UsageError", "spine runs list --help"),
        (("rum", "--json"), "UsageError", "did you mean 'run'?"),
        (("runs", "list", "--json"), "ConfigError", "run spine init to make a project here, or use --project DIR"),
    ],
)
def test_wrong_usage_with_json_is_an_object_too(
    arguments: tuple[str, ...], code: str, hint: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    outcome = call(*arguments)
    assert outcome.code == 2
    assert (outcome.json["code"], outcome.json["hint"]) == (code, hint)


def test_an_interruption_with_json_is_an_object_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(KeyboardInterrupt(), ["runs", "watch", "latest", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["code"] == "Interrupted"


def test_a_process_that_is_asked_to_end_says_so_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(SystemExit(143), ["run", "prices", "--json"]) == 143
    assert json.loads(capsys.readouterr().out)["code"] == "Stopped"
    assert report(SystemExit(0), ["run", "prices", "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_a_command_that_has_printed_its_result_prints_no_second_object(
    scratch_project: Callable[..., Project],
) -> None:
    outcome = scratch_project().call("run", "numbers", "-p", "count=9", "--json")
    assert outcome.code == 1
    assert outcome.json["status"] == "FAILED"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--json"], True),
        (["runs", "list", "-o", "json"], True),
        (["runs", "list", "--output=jsonl"], True),
        (["runs", "list", "-o", "table"], False),
        (["runs", "list"], False),
    ],
)
def test_json_is_asked_for_by_either_option(arguments: list[str], wanted: bool) -> None:
    assert wants_json(arguments) == wanted


def test_what_an_exit_says_is_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        sys.exit("no more")
    assert report(stop.value, []) == 1
    assert capsys.readouterr() == ("", "no more\n")
