"""`{ env = "NAME" }` and `{ file = "path" }`: values that are kept outside of `spine.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

from spine.core.errors import ConfigError, ErrorOptions, MissingConfigError
from spine.core.secrets import SecretText


class UnsetVariableError(MissingConfigError):
    """A value is to come from the environment variable `variable`, which is not set."""

    def __init__(self, where: str, variable: str, **options: Unpack[ErrorOptions]) -> None:
        super().__init__(where, f"{where} needs the environment variable {variable}, which is not set", **options)
        self.variable = variable


_FORMS = ({"env"}, {"env", "default"}, {"file"})


def is_reference(value: Any) -> bool:
    """Return whether `value` is a reference."""
    return isinstance(value, dict) and set(value) in _FORMS and all(isinstance(part, str) for part in value.values())


def resolve(value: Any, where: str, root: Path, environ: Mapping[str, str]) -> Any:
    """Return `value` with every reference in it replaced by its text, a SecretText.

    Files are relative to `root`, and one trailing newline is dropped. UnsetVariableError for a variable that is not
    set, ConfigError for a file that cannot be read; neither names a value.
    """
    if is_reference(value):
        text = _resolve_file(value["file"], where, root) if "file" in value else _resolve_env(value, where, environ)
        return SecretText(text)
    if isinstance(value, dict):
        return {key: resolve(item, f"{where}.{key}", root, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, f"{where}[{index}]", root, environ) for index, item in enumerate(value)]
    return value


def find_reference(value: Any, where: str) -> str | None:
    """Return the place below `where` of the first reference in `value`; None if there is none."""
    if is_reference(value):
        return where
    if isinstance(value, dict):
        places = (find_reference(item, f"{where}.{key}") for key, item in value.items())
    elif isinstance(value, list):
        places = (find_reference(item, f"{where}[{index}]") for index, item in enumerate(value))
    else:
        return None
    return next((place for place in places if place is not None), None)


def _resolve_env(reference: Mapping[str, str], where: str, environ: Mapping[str, str]) -> str:
    found = environ.get(reference["env"], reference.get("default"))
    if found is None:
        raise UnsetVariableError(where, reference["env"])
    return found


def _resolve_file(name: str, where: str, root: Path) -> str:
    path = root / name
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{where} refers to {path}, which cannot be read: {reason}", cause=error) from error
