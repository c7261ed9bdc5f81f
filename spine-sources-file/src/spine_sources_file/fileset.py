"""Several files as one: their rows in one table, their hashes in one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from spine.core.errors import ParseError
from spine.core.hashing import hash_json
from spine.core.tables import require_arrow
from spine_sources_file.columns import same_columns
from spine_sources_file.files import StoredFile
from spine_sources_file.location import common_folder
from spine_sources_file.reader import Part
from spine_sources_file.stored import digest_of

if TYPE_CHECKING:
    import pyarrow as pa


def joined(parts: Sequence[Part]) -> pa.Table:
    """Return the tables of all parts as one, columns in the order of the first."""
    tables = [part.table for part in parts if part.table is not None]
    first = parts[0]
    if len(tables) == 1:
        return tables[0]
    arrow = require_arrow("Reading several files")
    names = tables[0].column_names
    tables = [same_columns(table, part.label, first.label, names) for part, table in zip(parts, tables, strict=True)]
    try:
        return arrow.concat_tables(tables)
    except arrow.ArrowInvalid as error:
        other = next(part for part, table in zip(parts, tables, strict=True) if table.schema != tables[0].schema)
        raise ParseError(
            f"{other.label} has other column types than {first.label}; read them apart", cause=error
        ) from error


def hash_of(paths: Sequence[str], files: Sequence[StoredFile]) -> str:
    """Return the hash that a fetch of these files has."""
    return set_digest(paths, [(file.label, digest_of(file)) for file in files])


def set_digest(paths: Sequence[str], digests: Sequence[tuple[str, str]]) -> str:
    """Return the digest of a single file, or one over the names, below their common folder, and digests of several."""
    if len(digests) == 1:
        return digests[0][1]
    folder = common_folder(paths)
    return hash_json([[PurePath(label).relative_to(folder).as_posix(), digest] for label, digest in digests])
