"""`spine init`: a new project."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import Path

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_json

_SPINE_TOML = """\
[spine]
name = "{name}"
modules = ["flows"]

[channels.console]
type = "console"
min_severity = "WARNING"
"""

_FLOWS = '''\
"""The pipelines and workflows of this project."""

from spine.framework.pipelines import pipeline
from spine.orchestration import Step, StepResult, Workflow, workflow_registry


@pipeline("greetings.make")
def make_greeting(params):
    """Make a greeting for one person."""
    return {"greeting": f"Hello, {params['who']}!"}


def check(ctx, config):
    greeting = ctx.get_output("make", "greeting")
    if len(greeting) > 100:
        return StepResult.fail("the name is too long", category="VALIDATION")
    return StepResult.ok(length=len(greeting))


workflow_registry.register(
    Workflow(
        name="hello",
        description="Makes a greeting.",
        defaults={"who": "World"},
        steps=[
            Step.pipeline("make", "greetings.make"),
            Step.lambda_("check", check),
        ],
    )
)
'''

_GITIGNORE = ".spine/\n__pycache__/\n"

_FILES = {"spine.toml": _SPINE_TOML, "flows.py": _FLOWS, ".gitignore": _GITIGNORE}


@click.command()
@click.argument("directory", default=".", type=click.Path(file_okay=False))
@json_option
def init(directory: str, as_json: bool) -> None:
    """Make a project in a folder.

    It has settings, one workflow, and a .gitignore. Existing files are not overwritten.
    """
    folder = Path(directory)
    existing = [name for name in _FILES if name != ".gitignore" and (folder / name).exists()]
    if existing:
        raise click.UsageError(f"{folder / existing[0]} exists already: choose another folder")
    made = [name for name in _FILES if not (folder / name).exists()]
    name = "".join(character for character in plain(folder.resolve().name) if character not in '"\\')
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in made:
            text = _FILES[file].replace("{name}", name) if file == "spine.toml" else _FILES[file]
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"the project cannot be made in {folder}: {error.strerror}") from error
    if as_json:
        print_json({"root": str(folder.resolve()), "files": made})
        return
    if find_spec("pyarrow") is None:
        click.echo("Captures need pyarrow, which is not installed: pip install 'spine-core[basic]'", err=True)
    where = "" if folder == Path() else f"cd {shlex.quote(directory)} && "
    click.echo(plain(f"Made {folder / 'spine.toml'} and {folder / 'flows.py'}. Next: {where}spine run hello"))
