"""Run a conformance suite over deliberately wrong implementations, in a separate pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.core.scope import Scope, use_scope


class _Failures:
    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        _, cls, test = report.nodeid.split("::")
        tests = self.found.setdefault(cls, set())
        if report.failed:
            tests.add(test.partition("[")[0])


def failures(folder: Path, source: str) -> dict[str, set[str]]:
    """Run the tests of `source` and return the tests that failed, by class."""
    file = folder / f"test_{folder.name}.py"  # a name of its own: modules of one name are imported once
    file.write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    seen = _Failures()
    options = ["-q", "-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--import-mode=importlib"]
    options += ["--basetemp", str(folder / "temporary")]  # by default it clears away old folders of other sessions
    off = [part for name in ("cacheprovider", "xdist", "randomly") for part in ("-p", f"no:{name}")]
    with use_scope(Scope(), process_wide=True):  # what the suites register is not that of other tests
        pytest.main([str(file), *options, *off, "--capture=no", "--tb=no"], plugins=[seen])
    return seen.found
