"""The snippets of docs/databases.md run, one after the other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "docs" / "databases.md").read_text()


def test_its_python_runs_in_order() -> None:
    names: dict[str, Any] = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        exec(compile(block, f"docs/databases.md, block {number + 1}", "exec"), names)
    names["adapter"].disconnect()


def test_its_settings_are_valid(tmp_path: Path) -> None:
    from spine.config.load import load_settings
    from spine.framework.sources import DatabaseSource

    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    text = "\n".join(blocks)
    assert tomllib.loads(text)
    (tmp_path / "spine.toml").write_text(text)
    settings = load_settings(tmp_path, {})
    assert settings.databases[settings.spine.database].type == "postgresql"
    DatabaseSource("orders", **settings.sources["orders"].options)
