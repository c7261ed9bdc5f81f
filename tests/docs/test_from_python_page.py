"""docs/how-to/from-python.md: its script runs, and its table has every name of `spine`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import spine
from tests.projects import call

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "from-python.md").read_text()
ROWS = re.findall(r"^\| (`.+?) \| `([\w.]+)`", PAGE, re.MULTILINE)


def test_the_script_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    call("init", str(tmp_path / "myproj"))
    with (tmp_path / "myproj" / "spine.toml").open("a") as settings:
        settings.write('[sources.weeks]\ntype = "file"\npath = "*.csv"\n')
    (tmp_path / "myproj" / "weeks.csv").write_text("symbol\nNA\n")
    monkeypatch.chdir(tmp_path)
    [script] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    capsys.readouterr()
    exec(compile(script, "from-python.md", "exec"), {})  # the reader's own file
    *printed, run_id = capsys.readouterr().out.splitlines()
    assert printed == ["[{'symbol': 'NA'}]", "WorkflowStatus.COMPLETED"]
    assert call("--project", str(tmp_path / "myproj"), "runs", "show", run_id, "--json").json["status"] == "PENDING"


def test_the_table_has_every_name_and_its_module() -> None:
    told = {module: set(re.findall(r"`(\w+)`", names)) for names, module in ROWS}
    assert told == {module: set(names) for module, names in spine._HOMES.items()}
