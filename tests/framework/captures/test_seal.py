"""Seals of payloads: damage anywhere in a file is an error, never other data."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from contextlib import suppress
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


def read(store: PayloadStore, location: str) -> bool:
    return store.read(location).equals(ROWS)


def scan(store: PayloadStore, location: str) -> bool:
    found = store.scan(location, columns=["name", "gap"], where=[("amount", ">", 30)]).read_all()
    return found.equals(ROWS.slice(21).select(["name", "gap"]))


def silent_flips(path: Path, count: int, is_right: Callable[[PayloadStore, str], bool]) -> list[tuple[int, int]]:
    """Flip one bit at each of `count` places, and return those where other data was read without an error."""
    good = path.read_bytes()
    chance = random.Random(0)
    store, location = PayloadStore(path.parents[1]), f"x/{path.name}"
    silent = []
    for _ in range(count):
        place, bit = chance.randrange(len(good)), chance.randrange(8)
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :])
        with suppress(DamagedCaptureError):
            if not is_right(store, location):
                silent.append((place, bit))
    return silent


@pytest.mark.parametrize("is_right", [read, scan])
def test_a_flipped_bit_is_an_error_or_changes_nothing(
    kept: Path, is_right: Callable[[PayloadStore, str], bool]
) -> None:
    assert silent_flips(kept, 200, is_right) == []


@pytest.mark.slow
@pytest.mark.parametrize("is_right", [read, scan])
def test_two_thousand_flipped_bits_are_errors_or_change_nothing(
    kept: Path, is_right: Callable[[PayloadStore, str], bool]
) -> None:
    assert silent_flips(kept, 2000, is_right) == []


def test_each_flipped_bit_is_found_by_a_check_of_the_whole_file(root: Path, kept: Path) -> None:
    good = kept.read_bytes()
    mark = good.rindex(b"SPSEAL2")
    for place in (place for place in range(0, len(good), 7) if place not in range(mark, mark + 8)):
        kept.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(DamagedCaptureError):
            PayloadStore(root).verify(f"x/{kept.name}")


def test_a_file_with_the_first_kind_of_seal_is_read_and_checked_in_full(root: Path, kept: Path) -> None:
    unseal(kept, ROWS)
    content = kept.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    digest = hashlib.sha256(DIGEST.encode() + content).digest()
    sealed = content[:start] + b"SPSEAL1\n" + digest + content[start:]
    kept.write_bytes(sealed)
    PayloadStore(root).verify(f"x/{kept.name}")
    assert silent_flips(kept, 100, read) == silent_flips(kept, 100, scan) == []


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
