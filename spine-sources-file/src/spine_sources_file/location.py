"""Which files a path means: `{name}` placeholders filled from parameters, globs in a stable order."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from spine.core.errors import InvalidConfigError, SourceError, SourceNotFoundError, ValidationError
from spine.core.suggest import did_you_mean

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_UNSAFE = re.compile(r"[/\\*?\[\]{}\0]|\.\.")
_GLOB_PART = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^]]*\]")
_GLOB_REGEX = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def local_path(path: str) -> str:
    """Return a path or `file:` URL as a path; any other URL is an error that says what reads it."""
    scheme = urlsplit(path).scheme if "://" in path else ""
    if not scheme:
        return path
    if scheme == "file":
        return url2pathname(urlsplit(path).path)
    if scheme in ("http", "https"):
        raise InvalidConfigError("path", path, f"FileSource reads no {scheme} URL: use a source of type 'http'")
    raise InvalidConfigError(
        "path", path, f"FileSource reads local files only, and {scheme!r} URLs are not: copy it here"
    )


def placeholders(pattern: str) -> list[str]:
    """Return the names of the placeholders, each once, in order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(pattern)))


def fill(pattern: str, params: Mapping[str, Any]) -> str:
    """Return the pattern with every placeholder replaced by its parameter.

    A value comes from outside, so that it may name a file of the pattern and never lead to another folder.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if params.get(name) is None:
            raise ValidationError(f"parameter {name!r} is missing: {pattern} needs it", field=name)
        text = str(params[name])
        if not text or _UNSAFE.search(text):
            raise ValidationError(
                f"parameter {name!r} is {text!r:.80}, which cannot be part of a file name: it must be neither empty "
                "nor hold a slash, '..' or a glob character",
                field=name,
                value=text,
            )
        return text

    return _PLACEHOLDER.sub(value, pattern)


def matching_files(path: str) -> list[Path]:
    """Return the files that a filled path means, sorted; SourceNotFoundError if there is none."""
    exact = Path(path)
    if not glob.has_magic(path) or exact.exists():
        if not exact.exists():
            raise SourceNotFoundError(f"{path} does not exist")
        if exact.is_dir():
            raise SourceError(f"{path} is a folder: give a file, or a glob such as '{path.rstrip('/')}/*.csv'")
        if not exact.is_file():
            raise SourceError(f"{path} is not a regular file")
        return [exact]
    found = [Path(name) for name in sorted(glob.glob(path, recursive=True)) if Path(name).is_file()]  # noqa: PTH207 -- Path.glob refuses absolute patterns
    if not found:
        raise SourceNotFoundError(f"no file matches {path}")
    return found


def fixed_folder(path: str) -> Path:
    """Return the folder that lies before the first glob character."""
    parts = Path(path).parts
    fixed = next((index for index, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return Path(*parts[:fixed])


def values_in_use(pattern: str, name: str, params: Mapping[str, Any]) -> list[str]:
    """Return the values that `{name}` takes among the files that exist, sorted."""
    known = placeholders(pattern)
    if name not in known:
        raise ValidationError(f"{pattern} has no placeholder {name!r}{did_you_mean(name, known)}", field=name)
    given = [other for other in known if other != name and params.get(other) is not None]
    for other in given:
        pattern = pattern.replace(f"{{{other}}}", fill(f"{{{other}}}", params))
    search = _PLACEHOLDER.sub("*", pattern)
    shape = re.compile(_regex(pattern, name))
    matches = (shape.fullmatch(path) for path in glob.iglob(search, recursive=True) if Path(path).is_file())  # noqa: PTH207
    return sorted({match[name] for match in matches if match})


def _regex(pattern: str, name: str) -> str:
    """Return a regular expression for a pattern's paths, with a group for the placeholder `name`."""
    regex, seen = "", False
    for part in re.split(f"({_PLACEHOLDER.pattern.replace('(', '(?:')}|{_GLOB_PART.pattern})", pattern):
        if part == f"{{{name}}}":
            regex += f"(?P={name})" if seen else f"(?P<{name}>[^/]+)"
            seen = True
        elif part in _GLOB_REGEX:
            regex += _GLOB_REGEX[part]
        elif _PLACEHOLDER.fullmatch(part):
            regex += "[^/]+"
        elif _GLOB_PART.fullmatch(part):
            regex += part.replace("[!", "[^")
        else:
            regex += re.escape(part)
    return regex
