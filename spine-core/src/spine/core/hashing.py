"""SHA-256 digests, in hexadecimal, of files, JSON values and secrets."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_ROUNDS = 100_000
_SECRET_BYTES = 6
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def hash_file(path: Path) -> str:
    """Return the digest of the file's bytes as they are stored."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_json(value: Any) -> str:
    """Return a digest that two equal JSON values share, whatever the order of their keys."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, ASCII."""
    return _canonical(value)


@lru_cache(maxsize=256)
def secret_digest(secret: str) -> str:
    """Return a short digest that distinguishes secrets in the history; slow, so that a weak one cannot be searched."""
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), b"spine", _ROUNDS, _SECRET_BYTES).hex()
