"""Writer of docs/reference, pages about what the code declares, and of the manual page.

A test compares the pages with the code; `make reference` writes them anew. It imports every module, those of earlier
paths too, so it is a program of its own: `reference.py [FOLDER]`.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import attrs
import click

import spine
from spine.app.schema import project_schema
from spine.cli.examples import EXAMPLES, leaves
from spine.cli.json_shapes import NAMED, SHAPES, Shape, all_schemas
from spine.cli.main import cli
from spine.cli.man_page import EXIT_CODES, man_page
from spine.core import errors
from spine.plugins.catalog import discover

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
MAN_PAGE = ROOT / "spine-core" / "man" / "spine.1"
_WITHOUT_PRODUCT_ERRORS = ("spine.testing", "spine.history", "spine.storage.migrations", "spine.__main__")
_API = (
    "spine.core.errors",
    "spine.core.result",
    "spine.core.secrets",
    "spine.core.configured",
    "spine.core.adapters.database",
    "spine.framework.sources",
    "spine.framework.pipelines",
    "spine.framework.params",
    "spine.framework.dispatcher",
    "spine.framework.captures",
    "spine.framework.contracts",
    "spine.framework.loads",
    "spine.framework.alerts",
    "spine.framework.events",
    "spine.orchestration",
    "spine.orchestration.executors.base",
    "spine.scheduling",
    "spine.project",
    "spine.plugins",
    "spine.testing",
    "spine_sources_file.source",
    "spine_sources_http.source",
)
_EVENTS = ("spine.orchestration.events", "spine.scheduling.tick", "spine.framework.events")
_WRITTEN = "This page is written by `make reference`.\n"


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {
        "spine-toml.md": _settings(project_schema(discover())),
        "commands.md": _commands(),
        "json.md": _json(),
        "json-schemas.json": _json_schemas(),
        "errors.md": _errors(),
        "events.md": _events(),
        **{f"api/{name}.md": f"# {name}\n\n{_WRITTEN}\n::: {name}\n" for name in _API},
    }


def _settings(schema: dict[str, Any]) -> str:
    lines = [
        "# spine.toml",
        "",
        _WRITTEN,
        "Every section and key, with its type and default. A key of the environment overrides one of the file: "
        "`SPINE__RUNS__LEASE_SECONDS` is `lease_seconds` of `[runs]`; case does not matter, `_` also stands for the "
        '`.` and `-` of a name. Any text may be a reference: `{ env = "NAME" }`, '
        '`{ env = "NAME", default = "..." }` or `{ file = "path" }`.',
        "",
        "Editors complete and check the file by its JSON Schema, which knows the installed plugins:",
        "",
        "```console",
        "$ spine config schema > spine.schema.json",
        "```",
        "",
        "and, with the TOML extensions of most editors, a first line `#:schema ./spine.schema.json` in `spine.toml`.",
    ]
    for name, section in schema["properties"].items():
        lines += ["", f"## [{name}]" if "properties" in section else f"## [{name}.NAME]", ""]
        lines += _section(name, section)
    return "\n".join(lines) + "\n"


def _section(name: str, section: dict[str, Any]) -> Iterator[str]:
    if "properties" in section:
        yield from _keys(section, f"SPINE__{name.upper()}__")
        for key, table in section["properties"].items():
            inner = table.get("additionalProperties")
            if isinstance(inner, dict) and "properties" in inner:
                yield from ["", f"### [{name}.{key}.NAME]", ""]
                yield from _keys(inner, f"SPINE__{name.upper()}__{key.upper()}__NAME__")
        return
    table = section["additionalProperties"]
    if "type" not in table["properties"]:
        yield from _keys(table, f"SPINE__{name.upper()}__NAME__")
        for key, inner in table["properties"].items():
            item = _item_of(inner)
            if item is not None:
                yield from ["", f"### [[{name}.NAME.{key}]]", ""]
                yield from _keys(item, None)
        return
    cases = table.get("allOf", [])
    if not cases:
        yield "A table for each name: its `type` is that of an installed plugin, the other keys are its options."
    for case in cases:
        yield from ["", f'### type = "{case["if"]["properties"]["type"]["const"]}"', ""]
        options = {key: value for key, value in case["then"]["properties"].items() if key != "type"}
        yield from _keys({**case["then"], "properties": options}, f"SPINE__{name.upper()}__NAME__")


def _item_of(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema of a table in a list of tables."""
    lists = [option["items"] for option in schema.get("anyOf", [schema]) if option.get("type") == "array"]
    return lists[0] if lists and "properties" in lists[0] else None


def _keys(table: dict[str, Any], prefix: str | None) -> Iterator[str]:
    """Yield the rows of a table; without `prefix`, its keys have no variables of the environment."""
    yield f"| key | type | default |{' environment |' if prefix else ''} about |"
    yield f"|---|---|---|{'---|' if prefix else ''}---|"
    for key, value in table["properties"].items():
        needed = "required" if key in table.get("required", ()) else ""
        default = needed or (f"`{_toml(value['default'])}`" if "default" in value else "")
        about = value.get("description", "").replace("|", "\\|")
        variable = f" `{prefix}{key.upper()}` |" if prefix else ""
        yield f"| `{key}` | {_type(value)} | {default} |{variable} {about} |"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'.replace("|", "\\|")
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if "$ref" not in option]
        if any("pattern" in option for option in options):
            return "number or duration"
        return " or ".join(dict.fromkeys(map(_type, options)))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    return {"string": "text", "object": "table"}.get(kind, kind)


def _commands() -> str:
    lines = [
        "# Commands",
        "",
        _WRITTEN,
        "`--project DIR` stands before the command: `spine --project /srv/prices run daily`; `-v`, `-q` and `--debug` "
        "stand anywhere. A command with `--json` prints one JSON value on standard output, also if it fails "
        "([JSON](json.md)); messages go to standard error. `spine help COMMAND` and `man spine` show what is below "
        "([shells](../how-to/shells.md)).",
        "",
        "| exit code | meaning |",
        "|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
    ]
    for path, command in leaves("", cli):
        lines += ["", f"## spine {path}", "", inspect.cleandoc(command.help or "").replace("\b\n", "")]
        lines += ["", "```console", f"$ {EXAMPLES[path]}", "```"]
        arguments = [p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)]
        if arguments:
            lines += ["", f"Arguments: {', '.join(f'`{each}`' for each in arguments)}."]
        options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
        if options:
            lines += ["", "| option | about |", "|---|---|"]
            lines += [f"| `{', '.join(option.opts)}` | {_sentence(option)} |" for option in options]
    return "\n".join(lines) + "\n"


def _sentence(option: click.Option) -> str:
    return (option.help or "").replace("|", "\\|")


_KIND_WORDS = {
    "any": "any value",
    "row": "object of a row of data, whose keys are its columns",
    "time": "time (ISO 8601)",
}


def _json() -> str:
    lines = [
        "# JSON of the commands",
        "",
        _WRITTEN,
        "A command with `--json` prints one value on standard output. This page says what it is; `spine help COMMAND "
        "--schema` prints it as a JSON Schema, and [one file](json-schemas.json) has all of them, in `$defs`. New keys "
        "may be added to an object: programs ignore those that they do not know. Values of columns "
        "of tables are described in "
        "[history](../history.md).",
        "",
        "A command that fails prints a [failure](#failure) instead, and its exit code is not 0. A run or a check that "
        "fails is a result: it is printed as described, with exit code 1. `spine runs logs --follow` prints one object "
        "on each line.",
    ]
    for path, shape in SHAPES.items():
        lines += ["", f"## spine {path}", "", *_printed(shape)]
    lines += ["", "## Objects that several commands print"]
    for name, named in NAMED.items():
        lines += ["", f"### {name}", "", *_keys_of(named)]
    return "\n".join(lines) + "\n"


def _printed(shape: Shape) -> Iterator[str]:
    if isinstance(shape, str):
        yield f"One object: {_words(shape)}."
    elif not isinstance(shape, list):
        yield from ["One object:", "", *_keys_of(shape)]
    elif isinstance(shape[0], str):
        yield f"An array of {_several(shape[0])}."
    else:
        yield from ["An array of objects:", "", *_keys_of(shape[0])]


def _keys_of(shape: Any) -> Iterator[str]:
    yield from ["| key | value |", "|---|---|"]
    for key, below in _flat(shape, ""):
        yield f"| {key} | {_words(below)} |"


def _flat(shape: Any, prefix: str) -> Iterator[tuple[str, Shape]]:
    """Yield the keys with what they hold, those of inner objects after their own."""
    for key, below in shape.items():
        name = "any other" if key == "*" else f"`{prefix}{key.removesuffix('?')}`"
        yield name + " (optional)" * key.endswith("?"), below
        inner = below[0] if isinstance(below, list) else below
        if not isinstance(inner, str):
            yield from _flat(inner, f"{prefix}{key.removesuffix('?')}{'[]' if isinstance(below, list) else ''}.")


def _words(shape: Shape) -> str:
    if isinstance(shape, list):
        return f"array of {_several(shape[0])}" if isinstance(shape[0], str) else "array of objects"
    if not isinstance(shape, str):
        return "object"
    name = shape.removesuffix("?")
    words = f"[{name[1:]}](#{name[1:]})" if name.startswith("#") else _KIND_WORDS.get(name, name)
    return words + " or null" * shape.endswith("?")


def _several(kind: str) -> str:
    if kind == "row":
        return "objects, each a row of data with its columns as keys"
    return {"object": "objects", "text": "texts", "any": "values"}.get(kind, f"{_words(kind)} objects")


def _json_schemas() -> str:
    return json.dumps(all_schemas(), indent=1) + "\n"


def _errors() -> str:
    for module in walk_packages(spine.__path__, "spine."):
        if not module.name.startswith(_WITHOUT_PRODUCT_ERRORS):
            import_module(module.name)
    lines = [
        "# Errors",
        "",
        _WRITTEN,
        "Every error is a `SpineError`: a sentence, a category, and whether trying again may help. The exit code is "
        "that of a command that ends with it. Causes and cures are in [troubleshooting](../how-to/troubleshooting.md).",
        "",
        "| class | module | is a | category | retryable | exit code | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    for cls in sorted(set(_below(errors.SpineError)), key=lambda cls: (cls.__module__, cls.__name__)):
        first = (cls.__doc__ or "").strip().partition("\n")[0]
        retryable = "yes" if cls.default_retryable else "no"
        lines.append(
            f"| `{cls.__name__}` | `{cls.__module__}` | `{cls.__bases__[0].__name__}` | {cls.default_category.value} "
            f"| {retryable} | {cls.exit_code} | {first} |"
        )
    return "\n".join(lines) + "\n"


def _below(cls: type[errors.SpineError]) -> Iterator[type[errors.SpineError]]:
    for sub in cls.__subclasses__():
        is_product = sub.__module__.startswith("spine.") and not sub.__module__.startswith(_WITHOUT_PRODUCT_ERRORS)
        if is_product and not sub.__name__.startswith("_"):
            yield sub
        yield from _below(sub)


def _events() -> str:
    lines = [
        "# Events",
        "",
        _WRITTEN,
        "What is committed is published to the [listeners](../plugin-authors/writing.md); events of runs and steps are "
        "also in the table `core_workflow_events` ([history](../history.md)).",
        "",
        "| event | about | payload |",
        "|---|---|---|",
    ]
    found = {cls for name in _EVENTS for cls in vars(import_module(name)).values() if _is_event(cls, name)}
    for cls in sorted(found, key=_event_name):
        names = [field.name for field in attrs.fields(cls) if field.name not in ("run_id", "step_id", "timestamp")]
        about = inspect.cleandoc(cls.__doc__ or "").replace("\n", " ")
        shown = ", ".join(f"`{name}`" for name in names)
        lines.append(f"| {_event_name(cls)} | {about} | {shown} |")
    return "\n".join(lines) + "\n"


def _is_event(cls: Any, module: str) -> bool:
    is_own = isinstance(cls, type) and attrs.has(cls) and cls.__module__ == module
    return is_own and bool(getattr(cls, "event_type", None))


def _event_name(cls: Any) -> str:
    if isinstance(cls.event_type, property):
        return str(cls.event_type.fget.__doc__).removeprefix("Type: ").rstrip(".")
    return f"`{cls.event_type}`"


def main(folder: Path = FOLDER) -> None:
    """Write the pages."""
    (folder / "api").mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    if folder == FOLDER:
        MAN_PAGE.parent.mkdir(exist_ok=True)
        MAN_PAGE.write_text(man_page(cli, spine.__version__), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
