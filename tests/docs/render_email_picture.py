"""Render docs/images/alert-email.png: `pip install blitz-py`, then `python -m tests.docs.render_email_picture`.

The picture carries the hash of the HTML that it shows, by which a test checks that it is current.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

from tests.docs.alert_sample import html

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "alert-email.png"
KEY = b"Source-SHA256"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def main() -> None:
    import blitz_py  # type: ignore[import-not-found]  # for this script only

    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(marked(blitz_py.render_png(html(), width=720), html()))


def marked(picture: bytes, source: str) -> bytes:
    """Return a PNG with a text chunk after its first one, the header, that holds the hash of `source`."""
    data = KEY + b"\0" + hashlib.sha256(source.encode()).hexdigest().encode()
    chunk = struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))
    first = len(_SIGNATURE) + 4 + 4 + struct.unpack(">I", picture[8:12])[0] + 4
    return picture[:first] + chunk + picture[first:]


if __name__ == "__main__":
    main()
