"""Command steps: programs without a shell, whose lines are logged and whose end is the step's."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ValidationError
from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowResult, WorkflowRunner, WorkflowStatus
from spine.orchestration.definition.retry import RetryPolicy
from spine.orchestration.definition.workflow import step_of
from spine.orchestration.steptypes.command import MAX_TEXT, fill
from spine.orchestration.stop import RunStopped, Stop, StopReason
from tests.projects import DEADLINE_SECONDS, wait_until


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def run(step: Step, **params: Any) -> WorkflowResult:
    return WorkflowRunner().execute(Workflow("w", [step]), params)


def output_of(step: Step, **params: Any) -> Any:
    result = run(step, **params)
    assert result.error is None
    return result.context.get_output(step.name)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


PRINT_ARGUMENTS = "import json, sys; print(json.dumps({'argv': sys.argv[1:]}))"
hostile = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(hostile)
def test_a_value_stays_inside_its_argument_whatever_it_is(value: str) -> None:
    context = WorkflowContext.create("w", {"week": value})
    assert fill("--week={week}", context, is_whole_argument=True) == f"--week={value}"


@pytest.mark.parametrize("value", ["$(touch x)", "a b; rm -rf /", "*", "'\"", "{week}", "é\n\t"])
def test_no_shell_reads_an_argument(value: str) -> None:
    step = Step.command("a", python(PRINT_ARGUMENTS, "--week={week}", "x{week}y"), output="json")
    assert output_of(step, week=value)["argv"] == [f"--week={value}", f"x{value}y"]


@pytest.mark.parametrize(
    ("text", "filled"),
    [("{n}", "-3"), ("{flag}", "true"), ("{list}", "[1, 2]"), ("{{n}}", "{n}"), ("{before.rows}", "7"), ("{day}", "d")],
)
def test_values_of_arguments(text: str, filled: str) -> None:
    context = WorkflowContext.create("w", {"n": -3, "flag": True, "list": [1, 2]}, partition={"day": "d"})
    assert fill(text, context.with_output("before", {"rows": 7}), is_whole_argument=True) == filled


def test_braces_that_name_nothing_stay() -> None:
    assert fill('{"n": 3} {} { x }', WorkflowContext.create("w")) == '{"n": 3} {} { x }'


@pytest.mark.parametrize("value", ["-nan", "-inf", "-infinity", "-1_0", "-\u0661"])
def test_letters_and_signs_that_python_takes_for_a_number_are_an_option(value: str) -> None:
    error = run(Step.command("a", ["echo", "{week}"]), week=value).error
    assert "would be taken for an option of the program" in str(error)


def test_a_value_that_would_be_an_option_is_refused() -> None:
    error = run(Step.command("a", ["echo", "{week}"]), week="--delete").error
    assert error == (
        "'week' would be taken for an option of the program: '--delete'; write it behind a name, as --week={week}"
    )


@pytest.mark.parametrize(
    ("value", "said"), [(None, "for braces as they are write {{week}}"), ("a\0b", "NUL character")]
)
def test_a_value_that_no_argument_can_hold_is_refused(value: Any, said: str) -> None:
    assert said in str(run(Step.command("a", ["echo", "{week}"]), week=value).error)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"argv": "echo hello"}, "a command is a list of texts"),
        ({"argv": []}, "a command is a list of texts"),
        ({"argv": ["{prog}"]}, "the program of a command is written out"),
        ({"argv": ["echo"], "output": "xml"}, 'the output of a command is "json", "text" or None'),
        ({"argv": ["echo"], "env": {"A": 3}}, "the environment variable 'A' of a command is a text"),
    ],
)
def test_what_is_wrong_is_refused_when_the_step_is_built(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Step.command("a", **options)


@pytest.mark.parametrize("name", ["no-such-program", "./no-such-program"])
def test_a_program_that_is_not_there_is_a_sentence(name: str) -> None:
    error = str(run(Step.command("a", [name])).error)
    assert error.startswith(f"there is no program {name!r} ")
    assert error.endswith(" that may be executed")


def test_a_folder_that_is_not_there_is_a_sentence() -> None:
    assert "for program echo does not exist" in str(run(Step.command("a", ["echo"], cwd="no/such")).error)


def test_a_script_without_an_interpreter_is_a_failure_that_says_so(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("\x7fELF nothing")
    script.chmod(0o755)
    error = run(Step.command("a", [str(script)])).error
    assert error is not None
    assert error.endswith(
        "cannot be started: Exec format error; if it is a script, begin it with a line such as #!/bin/sh"
    )


def test_lines_are_logged_while_it_runs(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.INFO)
    code = "import sys, time, pathlib; print('one', flush=True); print('two', file=sys.stderr, flush=True)\n"
    code += "while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    going_on = tmp_path / "go"
    done: list[WorkflowResult] = []
    thread = threading.Thread(target=lambda: done.append(run(Step.command("a", python(code, str(going_on))))))
    thread.start()
    wait_until(lambda: {"one", "two"} <= set(caplog.messages))
    assert done == []
    going_on.touch()
    thread.join(DEADLINE_SECONDS)
    assert done[0].status is WorkflowStatus.COMPLETED
    assert {record.name for record in caplog.records if record.message in ("one", "two")} == {
        "spine.command.stdout",
        "spine.command.stderr",
    }


def test_secrets_show_nowhere(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("TOKEN_OF_TEST", "s3cr3t!")
    env = {"TOKEN": {"env": "TOKEN_OF_TEST"}, "WEEK": "{week}"}
    code = "import os; print('with', os.environ['TOKEN']); print(os.environ['WEEK'], os.environ['TOKEN'])"
    step = Step.command("a", python(code), env=env, output="text")
    assert output_of(step, week="w1") == {"exit_code": 0, "text": "with ********\nw1 ********"}
    failing = run(Step.command("a", python("import os, sys; sys.exit(os.environ['TOKEN'])"), env=env), week="w1")
    assert failing.error == f"{sys.executable} ended with exit code 1: ********"
    assert "s3cr3t!" not in caplog.text + json.dumps(step.to_dict())


def test_a_secret_that_is_not_there_is_a_sentence() -> None:
    error = run(Step.command("a", ["echo"], env={"TOKEN": {"env": "NOT_SET_ANYWHERE"}})).error
    assert error == (
        "the environment of step 'a'.TOKEN needs the environment variable NOT_SET_ANYWHERE, which is not set"
    )


def test_the_program_knows_its_run() -> None:
    code = "import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('SPINE_')}))"
    workflow = Workflow("w", [Step.command("a", python(code), output="json")])
    context = WorkflowContext.create("w", {}, partition={"week": "2026-W01"})
    found = WorkflowRunner().execute(workflow, context=context).context.get_output("a")
    assert (found["SPINE_RUN_ID"], found["SPINE_WORKFLOW"], found["SPINE_STEP"]) == (context.run_id, "w", "a")
    assert json.loads(found["SPINE_PARTITION"]) == {"week": "2026-W01"}


def test_json_is_the_last_line_or_the_file_that_spine_output_names() -> None:
    by_line = python("print('loading'); print('{\"rows\": 3}'); print()")
    by_file = python("import os; open(os.environ['SPINE_OUTPUT'], 'w').write('{\"rows\": 4}'); print('done')")
    assert output_of(Step.command("a", by_line, output="json")) == {"exit_code": 0, "rows": 3}
    assert output_of(Step.command("a", by_file, output="json")) == {"exit_code": 0, "rows": 4}


@pytest.mark.parametrize("code", ["print('[1]')", "print('no')", "pass", "print('{\"a\": ')", "print('[' * 100_000)"])
def test_what_is_no_json_object_fails_the_step(code: str) -> None:
    error = str(run(Step.command("a", python(code), output="json")).error)
    assert "printed as its last line is not a JSON object" in error


def test_text_that_is_too_long_fails_the_step_in_bounded_memory() -> None:
    code = f"for _ in range(40): print('x' * {MAX_TEXT // 20})"
    assert "printed more than 1,048,576 characters" in str(run(Step.command("a", python(code), output="text")).error)


def test_exit_codes_say_what_the_end_means() -> None:
    leave = python("import sys; sys.exit(3)")
    assert output_of(Step.command("a", leave, ok_codes=(0, 3))) == {"exit_code": 3}
    assert run(Step.command("a", leave)).error == f"{sys.executable} ended with exit code 3"


@pytest.mark.parametrize(("codes", "attempts"), [((75,), 2), ((74,), 1)])
def test_an_exit_code_may_ask_for_another_attempt(codes: tuple[int, ...], attempts: int, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    code = "import sys; f = open(sys.argv[1], 'a'); f.write('x'); f.close(); sys.exit(75)"
    policy = RetryPolicy(max_attempts=2, initial_delay_seconds=0.0)
    run(Step.command("a", python(code, str(noted)), retry_codes=codes, retry_policy=policy))
    assert len(noted.read_text()) == attempts


def test_a_program_that_a_signal_ends_fails_with_128_and_its_number() -> None:
    step = Step.command("a", python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert run(step).error == f"{sys.executable} was killed by SIGKILL, by the system if memory ran out (exit code 137)"


def test_a_pipe_that_is_closed_early_ends_its_writer_silently(caplog: pytest.LogCaptureFixture) -> None:
    """As in cron: Python ignores SIGPIPE, and must not hand that on."""
    caplog.set_level(logging.INFO)
    assert output_of(Step.command("a", ["sh", "-c", "yes | head -n 1"], output="text"))["text"] == "y"
    assert [record.message for record in caplog.records if record.name == "spine.command.stderr"] == []


STARTS_ANOTHER = """
import subprocess, sys, pathlib, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(other.pid))
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("reason", [StopReason.CANCEL, StopReason.PARK])
def test_the_whole_group_ends_when_the_run_is_asked_to_stop(reason: StopReason, tmp_path: Path) -> None:
    noted, stop = tmp_path / "pid", Stop()
    workflow = Workflow("w", [Step.command("a", python(STARTS_ANOTHER, str(noted), "600"))])

    def execute() -> None:
        with suppress(RunStopped):
            WorkflowRunner().execute(workflow, stop=stop)

    thread = threading.Thread(target=execute)
    thread.start()
    wait_until(lambda: noted.exists() and noted.read_text() != "")
    stop.request(reason)
    thread.join(DEADLINE_SECONDS)
    wait_until(lambda: not is_alive(int(noted.read_text())))


def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    assert run(Step.command("a", python(STARTS_ANOTHER, str(noted), "0"))).status is WorkflowStatus.COMPLETED
    wait_until(lambda: not is_alive(int(noted.read_text())))


def test_a_timeout_ends_it() -> None:
    error = run(Step.command("a", python("import time; time.sleep(600)"), timeout=0.2)).error
    assert error == "step 'a' took longer than its timeout of 0.2 s and was stopped"


def test_a_dry_run_starts_no_program(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    step = Step.command("a", ["touch", str(noted)])
    result = WorkflowRunner(dry_run=True).execute(Workflow("w", [step]))
    assert (result.status, noted.exists()) == (WorkflowStatus.COMPLETED, False)


def test_its_definition_is_json_and_read_back() -> None:
    step = Step.command("a", ["echo", "{week}"], cwd="x", env={"A": {"file": "a.txt"}}, output="json", retry_codes=[75])
    described = json.loads(json.dumps(step.to_dict()))
    assert step_of(described) == step
    assert {name: described[name] for name in ("argv", "cwd", "env", "output", "retry_codes")} == {
        "argv": ["echo", "{week}"],
        "cwd": "x",
        "env": {"A": {"file": "a.txt"}},
        "output": "json",
        "retry_codes": [75],
    }
