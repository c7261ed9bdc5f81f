"""The check of quotes sees what the exact reader refuses, wherever the text is cut into chunks."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from spine.formats.utf8 import QuoteCheck, Unsure

PIECES = st.sampled_from(['"', '""', ",", "\n", "\r\n", "a", "é"])


def is_sure(*chunks: bytes) -> bool:
    check = QuoteCheck(",", '"')
    try:
        for chunk in chunks:
            check.check(chunk)
    except Unsure:
        return False
    return True


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(st.integers(0, 30), max_size=3))
@example('"a""b",', [3])
@example('"a,"b"', [3])
@example('""', [1])
@example('""a', [2, 2])
def test_a_text_is_judged_alike_however_it_is_cut(text, cuts):
    data = text.encode()
    places = [0, *sorted(cuts), len(data)]
    chunks = [data[start:end] for start, end in pairwise(places)]
    assert is_sure(*chunks) == is_sure(data)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_is_sure_is_never_malformed(text):
    if not is_sure(text.encode()):
        return
    closed = text + '"' * (text.count('"') % 2)  # the reader of the whole text notices an open quote at its end
    records = csv.reader(io.StringIO(closed, newline=""), strict=True)
    assert all(isinstance(record, list) for record in records)  # and no csv.Error


def test_what_writers_write_is_sure():
    assert is_sure(b'"a","b ""c""",\n', b'"","{""k"": ""v, w""}"\n,"x\ny"\n')
