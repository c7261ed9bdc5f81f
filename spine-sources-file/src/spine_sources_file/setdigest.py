"""Hash over a set of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from spine.core.hashing import hash_json
from spine_sources_file.files import StoredFile
from spine_sources_file.location import common_folder
from spine_sources_file.stored import digest_of


def hash_of(labels: Sequence[str], files: Sequence[StoredFile]) -> str:
    """Return the hash that a fetch of these files has."""
    return set_digest(labels, [(file.label, digest_of(file)) for file in files])


def set_digest(labels: Sequence[str], digests: Sequence[tuple[str, str]]) -> str:
    """Return the digest of a single file, or one over the names, below their common folder, and digests of several.

    `labels` are the paths that found the files, as the labels of the files are written.
    """
    if len(digests) == 1:
        return digests[0][1]
    above = len(common_folder(labels).parts)
    return hash_json([["/".join(PurePath(label).parts[above:]), digest] for label, digest in digests])
