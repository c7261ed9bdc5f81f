"""The README's snippet prints what the README says."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[2] / "spine-sources-file" / "README.md"


def test_the_snippet_prints_what_the_readme_says(data, capsys):
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", README.read_text(), re.S)
    exec(compile(code, README, "exec"), {})
    assert capsys.readouterr().out == printed
