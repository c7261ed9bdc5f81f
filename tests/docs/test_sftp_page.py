"""docs/how-to/sftp.md: its settings make a source, and its errors are as it says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from spine.config.structure import structure
from spine.core import errors
from spine_sources_sftp.config import SftpSourceConfig

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "sftp.md").read_text()


def test_its_settings_are_those_of_a_source() -> None:
    [settings] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    options = tomllib.loads(settings)["sources"]["positions"]
    assert options.pop("type") == "sftp"
    options["key_passphrase"] = "what the reference leads to"
    config = structure({"name": "positions", **options}, SftpSourceConfig, "sources.positions")
    assert config.url(config.path) == "sftp://sftp.example.com:22/~/outgoing/positions_{day}.csv.gz"
    assert config.settle_seconds == 120


def test_its_errors_exist_and_are_worth_a_retry_as_it_says() -> None:
    rows = re.findall(r"^\| .* \| `(\w+)`.* \| (yes|no) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for name, retryable in rows:
        assert getattr(errors, name).default_retryable == (retryable == "yes")
