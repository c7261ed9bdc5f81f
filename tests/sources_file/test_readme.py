"""The README's snippet prints what the README says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from spine.config.structure import structure
from spine_sources_file.config import FileSourceConfig
from spine_sources_file.source import FileSource

README = Path(__file__).parents[2] / "spine-sources-file" / "README.md"


def test_the_snippet_prints_what_the_readme_says(data, capsys):
    code, printed, _ = re.findall(r"```(?:python|text|toml)\n(.*?)```", README.read_text(), re.S)
    exec(compile(code, README, "exec"), {})
    assert capsys.readouterr().out == printed


def test_the_settings_make_a_source():
    settings = tomllib.loads(re.findall(r"```toml\n(.*?)```", README.read_text(), re.S)[0])["sources"]["trades"]
    assert settings.pop("type") == "file"
    config = structure({"name": "trades", **settings}, FileSourceConfig, "sources.trades")
    source = FileSource("trades", **{name: getattr(config, name) for name in settings})
    assert source.path == "incoming/trades_*.csv, late/trades_*.csv.gz"
    assert str(config.delimited.schema["price"]) == "decimal(18,4)"
