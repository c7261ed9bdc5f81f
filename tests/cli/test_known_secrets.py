"""A known secret in what the code of a project logs, prints and raises: nothing that Spine shows or keeps has it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.projects import Project

CANARY = 'canary"5ecret/välue'
PARTS = ["5ecret", "v%C3%A4lue", "NWVjcmV0"]

TOML = """
[channels.ops]
type = "console"

[sources.api]
type = "http"
url = "http://127.0.0.1:1/"
max_attempts = 1
auth = { type = "bearer" }
"""

FLOWS = r"""
import base64, json, logging, os, sys, warnings
from urllib.parse import quote
import httpx
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

CANARY = os.environ["SPINE__SOURCES__API__AUTH__TOKEN"]
FORMS = [CANARY, quote(CANARY), quote(CANARY, safe=""), repr({"a": CANARY}), json.dumps([CANARY])]
FORMS.append(base64.b64encode(CANARY.encode()).decode())


def fail(how):
    def step(ctx, config):
        raise how()
    return step


def caused():
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        failed = RuntimeError("outer")
        failed.__cause__ = error
        return failed


def speak(ctx, config):
    for form in FORMS:
        logging.getLogger("mine").warning("said %s", form)
    logging.getLogger("mine").error("broken", exc_info=caused())
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
        client.get("https://h/", params={"api_key": CANARY})
    return StepResult.fail(" ".join(FORMS))


def prints(ctx, config):
    for form in FORMS:
        print(form)
        print(form, file=sys.stderr)
    warnings.warn(CANARY)
    return StepResult.fail("printed")


class Odd(Exception):
    def __str__(self):
        return f"odd {CANARY}"


FAULTS = {
    "text": lambda: RuntimeError(" ".join(FORMS)),
    "cause": caused,
    "group": lambda: ExceptionGroup("many", [ValueError(CANARY), KeyError(CANARY)]),
    "key": lambda: KeyError(CANARY),
    "odd": Odd,
    "exit": lambda: SystemExit(CANARY),
}
for name, how in FAULTS.items():
    workflow_registry.register(Workflow(name, [Step.lambda_("s", fail(how))]))
workflow_registry.register(Workflow("speak", [Step.lambda_("s", speak)]))
workflow_registry.register(Workflow("prints", [Step.lambda_("s", prints)]))
"""

Make = Callable[..., Project]


@pytest.mark.parametrize("workflow", ["speak", "prints", "text", "cause", "group", "key", "odd", "exit"])
def test_a_known_secret_is_masked_in_what_a_step_says(
    scratch_project: Make, monkeypatch: pytest.MonkeyPatch, workflow: str
) -> None:
    monkeypatch.setenv("SPINE__SOURCES__API__AUTH__TOKEN", CANARY)
    project = scratch_project(TOML, FLOWS)
    shown = ""
    for command in (
        f"--debug run {workflow}",
        f"-v run {workflow} --json",
        "runs list --json",
        "alerts list --json",
        "alerts incidents --json",
        "doctor --json",
    ):
        outcome = project.call(*command.split())
        shown += outcome.out + (outcome.err if workflow != "prints" else "")  # which the step writes to itself
    for run in project.call("runs", "list", "--json").json:
        for arguments in (("runs", "show", run["run_id"]), ("runs", "show", run["run_id"], "--json")):
            shown += project.call(*arguments).out
        shown += project.call("runs", "logs", run["run_id"]).out
    files = [path for path in project.root.rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    assert "FAILED" in shown
    assert "********" in shown
    text = shown + kept.decode("latin-1")
    places = [match.start() for part in PARTS for match in re.finditer(re.escape(part), text)]
    assert sorted({text[max(0, place - 100) : place + 50] for place in places})[:10] == []


@pytest.mark.parametrize(
    "arguments",
    [("run", "x"), ("run", "x", "--json"), ("--debug", "run", "x"), ("doctor",), ("--debug", "doctor")],
)
def test_a_known_secret_is_masked_where_a_module_cannot_be_imported(
    scratch_project: Make, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SPINE__SOURCES__API__AUTH__TOKEN", CANARY)
    module = 'import os\nraise ValueError(os.environ["SPINE__SOURCES__API__AUTH__TOKEN"])\n'
    outcome = scratch_project(TOML, module).call(*arguments)
    assert "********" in outcome.out + outcome.err
    assert "5ecret" not in outcome.out + outcome.err
