"""`spine init`: a new project."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from spine.cli.output import json_option, plain, print_json

_TEMPLATES = ("hello", "file", "http", "database", "full")  # as in scaffold/new_project.py, which help does not import


@click.command()
@click.argument("directory", default=".", type=click.Path(file_okay=False))
@click.option(
    "--template",
    type=click.Choice(_TEMPLATES),
    default="hello",
    show_default=True,
    help="What it reads: nothing, a file, an HTTP API, a database, or files that it also loads into a table.",
)
@json_option
def init(directory: str, template: str, as_json: bool) -> None:
    """Make a project in a folder.

    It has settings, one workflow, and a .gitignore; but for `hello` also a source, a contract, a schedule and tests.
    Existing files are not overwritten. For scripts in the folder, it shows the steps that would run them.
    """
    from spine.cli.scaffold.new_project import TEMPLATES, find_scripts, project_files

    folder = Path(directory)
    name = "".join(character for character in plain(folder.resolve().name) if character not in '"\\')
    files = project_files(template, name)
    existing = [file for file in files if file != ".gitignore" and (folder / file).exists()]
    if existing:
        raise click.UsageError(f"{folder / existing[0]} exists already: choose another folder")
    made = [file for file in files if not (folder / file).exists()]
    scripts = find_scripts(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in made:
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(files[file], encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"the project cannot be made in {folder}: {error.strerror}") from error
    if as_json:
        names = [script.name for script in scripts]
        print_json({"root": str(folder.resolve()), "template": template, "files": made, "scripts": names})
        return
    if missing := TEMPLATES[template].missing():
        click.echo(missing, err=True)
    here = [] if folder == Path() else [f"cd {shlex.quote(directory)}"]
    _tell_next(folder, made, [*here, *TEMPLATES[template].next])
    if scripts:
        from spine.cli.scaffold.new_project import workflow_of

        click.echo("\nTo run the scripts that are here as steps, one after the other, add to flows.py:\n")
        for line in workflow_of(scripts):
            click.echo(f"    {plain(line)}".rstrip())


def _tell_next(folder: Path, made: list[str], commands: list[str]) -> None:
    if len(commands) <= 2:
        first = f"{folder / made[0]} and {folder / made[1]}"
        click.echo(plain(f"Made {first}. Next: {' && '.join(commands)}"))
        return
    click.echo(plain(f"Made in {folder}: {', '.join(made)}"))
    click.echo("Next:")
    for command in commands:
        click.echo(f"  {plain(command)}")
