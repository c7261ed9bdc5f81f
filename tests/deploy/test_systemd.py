"""deploy/systemd: units that systemd accepts, and that end the scheduler as it has to be ended."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from spine.config.load import load_settings
from spine.scheduling.run_pool import GIVE_UP_SECONDS
from tests.projects import Project, wait_until

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = (FOLDER / "spine-scheduler@.service").read_text()
WORKER = (FOLDER / "spine-worker@.service").read_text()
HISTORY = '[spine]\nname = "prices"\ndatabase = "history"\n[databases.history]\ntype = "sqlite"\npath = "h.db"\n'


def values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("service", ["scheduler", "worker"])
def test_systemd_accepts_the_unit_with_the_lines_for_several_machines(tmp_path: Path, service: str) -> None:
    name = f"spine-{service}@prices.service"
    unit = (FOLDER / f"spine-{service}@.service").read_text()
    (tmp_path / name).write_text(unit.replace("/srv/%i/.venv/bin/spine", "/bin/true"))
    further = tmp_path / f"{name}.d"
    further.mkdir()
    shutil.copy(FOLDER / "several-machines.conf", further)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_units_of_worker_and_scheduler_differ_in_words_and_command_only() -> None:
    differing = {
        line.partition("=")[0] for line in set(UNIT.splitlines()) ^ set(WORKER.splitlines()) if not line.startswith("#")
    }
    assert differing == {"Description", "ExecStart"}


def test_the_worker_of_the_unit_is_a_command(tmp_path: Path) -> None:
    [command] = re.findall(r"^ExecStart=\S+ (.*)$", WORKER, re.MULTILINE)
    project = Project(tmp_path)
    project.write("spine.toml", HISTORY)
    said = project.call(*command.replace("8081", "0").split())
    assert (said.code, "no queue for workers" in said.err) == (2, True)


def test_the_scheduler_has_its_grace_and_the_time_to_hand_over_its_runs(tmp_path: Path) -> None:
    Project(tmp_path).write("spine.toml", "")
    grace = load_settings(tmp_path, {}).runs.grace_seconds
    assert values("TimeoutStopSec") == [f"{grace + GIVE_UP_SECONDS + 15:g}"]
    assert values("KillMode") == ["mixed"]  # the programs of steps get no signal before the scheduler decides


def test_a_scheduler_that_is_asked_to_end_has_not_failed(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", HISTORY)
    process = project.start(*values("ExecStart")[0].split()[1:])
    wait_until(lambda: project.call("scheduler", "run", "--status").code == 0)
    process.send_signal(signal.SIGTERM)
    assert process.communicate() == ("", "")
    assert str(process.returncode) in ["0", *values("SuccessExitStatus")]


@pytest.mark.parametrize("settings", ["[spine]\nnmae = 'prices'\n", HISTORY.replace("sqlite", "sqlight")])
def test_a_wrong_setting_is_not_tried_again(tmp_path: Path, settings: str) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", settings)
    assert [str(project.call("-q", "scheduler", "run").code)] == values("RestartPreventExitStatus")


def test_its_variable_gives_the_password_as_a_file(tmp_path: Path) -> None:
    Project(tmp_path).write("spine.toml", '[databases.history]\ntype = "postgresql"\nhost = "h"\n')
    (tmp_path / "database-password").write_text("a-password\n")
    variable, _, path = values("Environment")[0].partition("=")
    options = load_settings(tmp_path, {variable: path.replace("%d", str(tmp_path))}).databases["history"].options
    assert options["password"] == {"file": str(tmp_path / "database-password")}
