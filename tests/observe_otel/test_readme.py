"""The table of options in the README is that of the config class."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

from spine_observe_otel.config import OtelConfig

README = Path(__file__).parents[2] / "spine-observe-otel" / "README.md"


def test_the_readme_has_every_option_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \|$", README.read_text(), re.MULTILINE)
    expected = [
        (option.name, "none" if option.default is None else f"`{option.default!r}`", option.metadata["help"])
        for option in attrs.fields(OtelConfig)
    ]
    assert rows == expected
