"""The manual page `spine.1`, in the macros of man(7)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from spine.cli.examples import EXAMPLES, leaves
from spine.cli.main import HELP_OPTIONS

EXIT_CODES = {
    "0": "done; a run is COMPLETED, waits, or is PARTIAL: steps failed that its workflow allows to fail",
    "1": "a run or a check failed",
    "2": "wrong usage, or wrong settings",
    "130": "interrupted",
}
_ENVIRONMENT = {
    "SPINE_PROJECT": "The folder of the project, as --project gives it.",
    "SPINE_ENV": "The name of the environment, whose file spine.NAME.toml overrides spine.toml.",
    "SPINE__SECTION__KEY": "The value of a key of spine.toml.",
    "SPINE_PLUGINS_STRICT": "If it is 1, a plugin that cannot be loaded is an error.",
}
_FILES = {
    "spine.toml": "The settings of a project, in the working directory or above it.",
    ".spine": "The history and the captures of a project, by default.",
}


def man_page(cli: click.Command, version: str) -> str:
    """Return the page of all commands below `cli`."""
    return "".join(f"{line}\n" for line in _lines(cli, version))


def _lines(cli: click.Command, version: str) -> Iterator[str]:
    yield f'.TH SPINE 1 "" "Spine {_text(version)}" "User Commands"'
    yield from (".SH NAME", r"spine \- ingest files and APIs on a schedule and store the results")
    yield from (".SH SYNOPSIS", ".B spine", r"[\fIOPTION\fR]... \fICOMMAND\fR [\fIARGUMENT\fR]...")
    yield from (".SH OPTIONS", *_options(cli))
    yield ".SH COMMANDS"
    for path, command in leaves("", cli):
        yield from _command(path, command)
    yield from (".SH EXIT STATUS", *_terms(EXIT_CODES))
    yield from (".SH ENVIRONMENT", *_terms(_ENVIRONMENT))
    yield from (".SH FILES", *_terms(_FILES))


def _command(path: str, command: click.Command) -> Iterator[str]:
    # click keeps the option of a command's first context
    context = click.Context(command, info_name=f"spine {path}", help_option_names=HELP_OPTIONS)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f'.SS "spine {_text(path)}"'
    yield rf"\fBspine {_text(path)}\fR {_text(usage)}"
    for paragraph in inspect.cleandoc(command.help or "").replace("\b\n", "").split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))
    yield from _options(command)
    if path in EXAMPLES:
        yield from (".PP", "Example:", ".PP", ".RS 4", ".nf", _text(EXAMPLES[path]), ".fi", ".RE")


def _options(command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    for option in command.params:
        record = option.get_help_record(context) if isinstance(option, click.Option) else None
        if record is not None:  # as for a hidden option
            yield from (".TP", rf"\fB{_text(record[0])}\fR", _text(record[1]))


def _terms(terms: dict[str, str]) -> Iterator[str]:
    for term, about in terms.items():
        yield from (".TP", rf"\fB{_text(term)}\fR", _text(about))


def _text(text: str) -> str:
    """Return text without meaning for roff."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
