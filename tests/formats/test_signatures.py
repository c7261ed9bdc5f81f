"""Formats by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.formats.signatures import container_of


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (gzip.compress(b"a", mtime=0), "gzip"),
        (bz2.compress(b"a"), "bzip2"),
        (lzma.compress(b"a"), "xz"),
        (b"\x28\xb5\x2f\xfd\x00", "zstd"),
        (b"PK\x05\x06" + bytes(18), "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (xls)"),
        (b"PAR1", "Parquet"),
        (b"BZh,name\n", None),
        (b"PK,name\n", None),
        (b"", None),
    ],
)
def test_a_format_is_told_by_its_signature(start, name):
    assert container_of(start) == name


@given(st.text(alphabet=st.characters(categories=("L", "N", "P")), min_size=1))
def test_text_is_no_archive(text):
    assert container_of(text.encode()) in (None, "a PDF", "Parquet")
