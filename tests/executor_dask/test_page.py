"""The section on Dask of docs/how-to/scale-out.md: its map runs on processes of this machine, and behind mutual TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import all_blocks
from tests.docs.test_scale_out import PAGE
from tests.executor_dask import test_conformance as dask
from tests.executor_dask.conftest import WORKER, DaskCluster
from tests.executor_dask.test_tls import files_in
from tests.executor_procrastinate import test_conformance as queue
from tests.orchestration.executors import test_conformance as core
from tests.projects import Project

SECTION = PAGE.partition("## Data-parallel maps on Dask\n")[2].partition("\n## ")[0]
BLOCKS = {block.language: block.text for block in reversed(all_blocks(SECTION))}
SYMBOLS = ["ACME", "BOLT", "NA"]


def run_here(project: Project) -> list[str]:
    """Run the map, and return the symbols of its captures."""
    assert BLOCKS["console"].strip() == "$ spine run indicators"
    done = project.run("run", "indicators")
    assert done.code == 0, done.err
    rows = project.run("captures", "list", "--json").json
    return sorted(row["partition_key"]["symbol"] for row in rows)


@pytest.mark.slow
def test_the_map_runs_here_and_then_on_a_cluster_behind_tls(tmp_path: Path, cluster: DaskCluster) -> None:
    project = Project(tmp_path / "prices")
    project.write("flows.py", BLOCKS["python"])
    project.write("spine.toml", BLOCKS["toml"])
    here = run_here(project)
    assert here == SYMBOLS

    files = files_in(tmp_path / "tls")
    cluster.tls = ("--tls-ca-file", files.ca, "--tls-cert", files.cert, "--tls-key", files.key)
    before, after = (
        "".join(f"{line[1:]}\n" for line in BLOCKS["diff"].splitlines() if line[0] in (" ", sign)) for sign in "-+"
    )
    assert before in BLOCKS["toml"]
    settings = BLOCKS["toml"].replace(before, after)
    for shown, real in (
        ("tls://dask.example:8786", cluster.start(2, *WORKER)),
        ("/etc/spine/ca.pem", files.ca),
        ("/etc/spine/client.pem", files.cert),
        ("/etc/spine/client.key", files.key),
    ):
        assert shown in settings
        settings = settings.replace(shown, real)
    project.write("spine.toml", settings)
    assert run_here(project) == here


FLAGS = ("in_process", "in_background", "runs_concurrently", "isolates_crashes", "keeps_limits")


def test_the_table_of_flags_has_those_of_the_suites() -> None:
    suites = (core.TestInlineExecutor, core.TestThreadExecutor, core.TestProcessExecutor, queue.TestExecutor)
    for flag in FLAGS:
        on = [getattr(suite, flag) or (flag == "in_background" and suite.runs_concurrently) for suite in suites]
        on.append(getattr(dask.TestOfAnAddress, flag) or (flag == "in_background"))
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{flag}` |"))
        assert [cell.strip() for cell in row.split("|")[2:7]] == ["on" if each else "off" for each in on], flag


def test_the_options_of_the_commands_are_those_of_the_tests() -> None:
    for option in ("--tls-ca-file", "--tls-cert", "--tls-key", "--protocol", "--nthreads", "--nworkers"):
        assert option in SECTION
