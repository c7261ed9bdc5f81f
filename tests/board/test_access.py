"""Names that a board answers for, and who may read without a token."""

from __future__ import annotations

import pytest

from spine_board.access import Access


@pytest.mark.parametrize(
    ("access", "host", "is_known"),
    [
        (Access(), "LOCALHOST:8470", True),
        (Access(), "[::1]", True),
        (Access(), "10.0.0.5", False),
        (Access(), "localhost.evil.example", False),
        (Access(), "", False),
        (Access(names=("Board.example",)), "board.example:443", True),
        (Access(names=("board.example",)), "board.example.evil.example", False),
        (Access("0.0.0.0"), "10.0.0.5:8470", True),
        (Access("0.0.0.0"), "[fe80::1]:8470", True),
        (Access("0.0.0.0"), "board.example", False),
        (Access("board.example"), "board.example", True),
    ],
)
def test_a_board_knows_its_names_and_on_another_host_any_address(access: Access, host: str, is_known: bool) -> None:
    assert access.knows(host) == is_known


@pytest.mark.parametrize(
    ("access", "headers", "is_open"),
    [
        (Access(), {"host": "127.0.0.1:8470"}, True),
        (Access("::1"), {"host": "[::1]:8470"}, True),
        (Access(), {"host": "localhost", "x-forwarded-for": "203.0.113.9"}, False),
        (Access(), {"host": "localhost", "forwarded": "for=203.0.113.9"}, False),
        (Access(names=("board.example",)), {"host": "board.example"}, False),
        (Access("0.0.0.0"), {"host": "127.0.0.1"}, False),
        (Access(), {}, False),
    ],
)
def test_only_this_machine_reads_without_a_token(access: Access, headers: dict[str, str], is_open: bool) -> None:
    assert access.is_open(headers) == is_open
