"""Files of a path: `{name}` placeholders filled from parameters, globs in a stable order."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from spine.core.errors import InvalidConfigError, SourceError, SourceNotFoundError, ValidationError
from spine.core.local_glob import matching_paths
from spine.core.secrets import is_secret

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_UNSAFE = re.compile(r"[/\\*?\[\]{}\0]|\.\.")
_GLOB_PART = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^]]*\]")
_GLOB_REGEX = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def checked_path(path: str) -> str:
    """Return a path or URL as it is used, a `file:` URL as a path; an unsupported one is an error."""
    if not is_url(path):
        return path
    url = urlsplit(path)
    if url.scheme == "file":
        return url2pathname(url.path)
    if "::" in path:
        raise InvalidConfigError("path", url.scheme, "path chains several URLs with '::': give one URL only")
    if url.scheme in ("http", "https"):
        raise InvalidConfigError(
            "path",
            url.scheme,
            f"FileSource reads no {url.scheme} URL: use a source of type 'http', which is HttpSource",
        )
    if url.password is not None:
        raise InvalidConfigError(
            "path", url.scheme, f"path holds a password: leave it to the configuration of fsspec for {url.scheme}"
        )
    return path


def is_url(path: str) -> bool:
    """Return True for a URL, which fsspec reads."""
    return "://" in path


def placeholders(pattern: str) -> list[str]:
    """Return the names of the placeholders, each once, in order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(pattern)))


def fill(pattern: str, params: Mapping[str, Any]) -> str:
    """Return the pattern with every placeholder replaced by its parameter.

    A value is untrusted: it may name a file of the pattern and never lead to another folder.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if params.get(name) is None:
            raise ValidationError(f"parameter {name!r} is missing: {pattern} needs it", field=name)
        if is_secret(params[name]):
            raise ValidationError(f"parameter {name!r} is a secret, and paths are shown: {pattern} needs a plain text")
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


def is_glob(path: str) -> bool:
    """Return True for a path that matches names."""
    return glob.has_magic(path)


def may_be_name(glob: str) -> bool:
    """Return True for a glob that may be a file's name as well: with brackets only, as in `report [1].csv`.

    A file that someone names `*.csv` does not stand for all others.
    """
    return "*" not in glob and "?" not in glob


def matching_files(path: str) -> list[Path]:
    """Return the files that a filled path matches, sorted; SourceNotFoundError if there is none."""
    exact = Path(path)
    if not is_glob(path) or (may_be_name(path) and exact.exists()):
        if not exact.exists():
            raise SourceNotFoundError(f"{path} does not exist")
        if exact.is_dir():
            raise SourceError(f"{path} is a folder: give a file, or a glob such as '{path.rstrip('/')}/*.csv'")
        if not exact.is_file():
            raise SourceError(f"{path} is not a regular file")
        return [exact]
    found = [Path(name) for name in sorted(local_names(path))]
    if not found:
        raise SourceNotFoundError(f"no file matches {path}")
    return found


def fixed_folder(path: str) -> PurePath:
    """Return the folder that lies before the first glob character."""
    parts = PurePath(path).parts
    fixed = next((index for index, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return PurePath(*parts[:fixed])


def common_folder(paths: Sequence[str]) -> PurePath:
    """Return the folder that every path of a set starts at, the empty path if there is none."""
    folders = [fixed_folder(path).parts for path in paths]
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))
    return PurePath(*(parts[0] for parts in shared))


def values_in_use(
    pattern: str, name: str, params: Mapping[str, Any], found: Callable[[str], Iterable[str]]
) -> set[str]:
    """Return the values that `{name}` takes among the files that `found` lists for a glob."""
    given = [other for other in placeholders(pattern) if other != name and params.get(other) is not None]
    for other in given:
        pattern = pattern.replace(f"{{{other}}}", fill(f"{{{other}}}", params))
    shape = re.compile(_regex(pattern, name))
    matches = (shape.fullmatch(path) for path in found(_PLACEHOLDER.sub("*", pattern)))
    return {match[name] for match in matches if match}


def local_names(pattern: str) -> Iterator[str]:
    """Yield the paths of the files that a glob matches."""
    return (path for path in matching_paths(pattern) if Path(path).is_file())


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
