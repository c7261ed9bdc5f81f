"""Seals of payloads: damage anywhere in a file is an error, never other data."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spine.framework.captures import DamagedCaptureError, PayloadStore, content_hash

ROWS = pa.table(
    {
        "id": list(range(50)),
        "amount": [n * 1.5 for n in range(50)],
        "name": [f"n{n}" for n in range(50)],
        "gap": [None if n % 3 else n for n in range(50)],
    }
)
DIGEST = content_hash(ROWS)


@pytest.fixture
def kept(root: Path) -> Path:
    """The file of ROWS in a store."""
    return root / PayloadStore(root).write("x", DIGEST, ROWS)[0]


def unseal(path: Path, table: pa.Table) -> None:
    """Write the file as earlier versions did."""
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def silent_flips(path: Path, count: int) -> list[tuple[int, int]]:
    """Flip one bit at each of `count` places, and return those where other data was read without an error."""
    good = path.read_bytes()
    chance = random.Random(0)
    store, location = PayloadStore(path.parents[1]), f"x/{path.name}"
    silent = []
    for _ in range(count):
        place, bit = chance.randrange(len(good)), chance.randrange(8)
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :])
        try:
            same = store.read(location).equals(ROWS)
        except DamagedCaptureError:
            continue
        if not same:
            silent.append((place, bit))
    return silent


def test_a_flipped_bit_is_an_error_or_changes_nothing(kept: Path) -> None:
    assert silent_flips(kept, 200) == []


@pytest.mark.slow
def test_two_thousand_flipped_bits_are_errors_or_change_nothing(kept: Path) -> None:
    assert silent_flips(kept, 2000) == []


def test_a_changed_column_name_is_an_error(root: Path, kept: Path) -> None:
    kept.write_bytes(kept.read_bytes().replace(b"amount", b"bmount"))
    with pytest.raises(DamagedCaptureError, match="is damaged"):
        PayloadStore(root).read(f"x/{kept.name}")


def test_a_sound_file_of_other_content_is_an_error(root: Path, kept: Path) -> None:
    other = ROWS.slice(1)
    location, _ = PayloadStore(root).write("x", content_hash(other), other)
    kept.write_bytes((root / location).read_bytes())
    with pytest.raises(DamagedCaptureError, match="is damaged"):
        PayloadStore(root).read(f"x/{kept.name}")


def test_other_readers_of_parquet_read_a_sealed_file(kept: Path) -> None:
    assert pq.read_table(kept).equals(ROWS)


def test_a_file_of_an_earlier_version_is_read_by_its_content(root: Path, kept: Path) -> None:
    unseal(kept, ROWS)
    PayloadStore(root).verify(f"x/{kept.name}")
    assert PayloadStore(root).read(f"x/{kept.name}").equals(ROWS)


def test_a_file_of_an_earlier_version_with_other_content_is_an_error(root: Path, kept: Path) -> None:
    unseal(kept, ROWS.rename_columns(["id", "bmount", "name", "gap"]))
    with pytest.raises(DamagedCaptureError, match="is damaged"):
        PayloadStore(root).verify(f"x/{kept.name}")
