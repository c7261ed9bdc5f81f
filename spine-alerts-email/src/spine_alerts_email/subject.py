"""Subject of a mail, encoded here and written as it is."""

from __future__ import annotations

from email.header import Header
from email.policy import EmailPolicy
from typing import Any

_NAME = "Subject"
_LONGEST_LINE = 76  # RFC 2047, section 2
_LONGEST_PLAIN = _LONGEST_LINE - len(f"{_NAME}: ")


def encode_subject(text: str) -> str:
    """Return one line of text as a header's value: as it is if it is short ASCII, else in encoded words."""
    if text.isascii() and text.isprintable() and "=?" not in text and len(text.strip()) <= _LONGEST_PLAIN:
        return text.strip()
    return Header(text, "utf-8", maxlinelen=_LONGEST_LINE, header_name=_NAME).encode()


class WrittenSubject(EmailPolicy):
    """Policy of SMTP that writes a subject of `encode_subject` without parsing it.

    Parsed, an encoded word in a title is decoded, and several releases of Python write its line ends as they are.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, value) if name == _NAME else super().header_store_parse(name, value)
