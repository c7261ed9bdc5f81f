"""Digests of files and JSON values."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from spine.core.hashing import canonical_json, hash_file, hash_json


def test_a_files_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"a|b\r\n" * 100_000)
    assert hash_file(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_equal_values_have_one_text_and_one_digest_whatever_the_order_of_keys() -> None:
    assert canonical_json({"b": [1, None], "a": "ä"}) == '{"a":"\\u00e4","b":[1,null]}'
    assert hash_json({"a": 1, "b": 2}) == hash_json({"b": 2, "a": 1})
    assert hash_json([1, 2]) != hash_json([2, 1])


def test_nan_has_no_text() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))
