"""Build the wheel of each distribution and install it, alone with core, into a fresh environment."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CONSTRAINTS = Path("constraints.txt").resolve()

WITHOUT_PLUGINS = """
try:
    from spine.framework.sources import FileSource
except ImportError as error:
    assert "pip install spine-sources-file" in str(error), error
else:
    raise SystemExit("FileSource was imported without spine-sources-file")
"""

WITH_FILE_SOURCE = """
from spine.framework.sources import FileSource
assert FileSource("s", "x.csv").name == "s"
"""

WITH_HTTP_SOURCE = """
from spine.framework.sources import HttpSource
assert HttpSource("s", "https://localhost/x").name == "s"
"""

NEW_PLUGINS = ("source", "alert", "database", "step", "executor")

WITH_POSTGRES = """
from spine.core.adapters.database import PostgreSQLAdapter, get_adapter
assert isinstance(get_adapter("postgresql", host="localhost"), PostgreSQLAdapter)
"""

WITH_SLACK = """
from spine.framework.alerts import Alert, SlackChannel
result = SlackChannel("ops", "http://127.0.0.1:9/").send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

WITH_EMAIL = """
from spine.framework.alerts import Alert, EmailChannel
result = EmailChannel("night", "127.0.0.1", "a@b.org", ["c@d.org"], smtp_port=9).send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

WITH_PAGERDUTY = """
from spine.framework.alerts import Alert, PagerDutyChannel
result = PagerDutyChannel("on-call", "key", url="http://127.0.0.1:9/").send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

WITH_SERVICENOW = """
from spine.framework.alerts import Alert, ServiceNowChannel
result = ServiceNowChannel("desk", "http://127.0.0.1:9", "user", "key").send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

SNIPPETS = {
    "spine-core": WITHOUT_PLUGINS,
    "spine-sources-file": WITH_FILE_SOURCE,
    "spine-sources-http": WITH_HTTP_SOURCE,
    "spine-db-postgres": WITH_POSTGRES,
    "spine-alerts-slack": WITH_SLACK,
    "spine-alerts-email": WITH_EMAIL,
    "spine-alerts-pagerduty": WITH_PAGERDUTY,
    "spine-alerts-servicenow": WITH_SERVICENOW,
}


def main(distributions: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheels = {name: build(name, Path(folder) / "wheels") for name in distributions}
        for name in distributions:
            check(name, wheels, Path(folder) / name)
            print(f"{name}: built, installed alone with core, works")
        check_new_plugins(wheels["spine-core"], Path(folder) / "new-plugins")
        print(f"spine plugins new: {', '.join(NEW_PLUGINS)} built, installed with core and pytest, pass their tests")


def build(name: str, target: Path) -> Path:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), f"./{name}")
    return next(target.glob(f"{name.replace('-', '_')}-*.whl"))


def check(name: str, wheels: dict[str, Path], folder: Path) -> None:
    venv.create(folder, with_pip=True)
    python, spine = folder / "bin" / "python", folder / "bin" / "spine"
    wanted = {wheels["spine-core"], wheels[name]}
    run(str(python), "-m", "pip", "install", "--quiet", "--constraint", str(CONSTRAINTS), *map(str, sorted(wanted)))
    run(str(python), "-m", "pip", "check")
    listed = json.loads(run(str(spine), "plugins", "list", "--json"))
    assert {plugin["distribution"] for plugin in listed} == {"spine-core", name}, listed
    assert all(plugin["state"] in ("ok", "builtin") for plugin in listed), listed
    if name in SNIPPETS:
        run(str(python), "-c", SNIPPETS[name])
    run(str(spine), "init", str(folder / "project"))
    run(str(spine), "--project", str(folder / "project"), "run", "hello")


def check_new_plugins(core: Path, folder: Path) -> None:
    """Make plugins as a third party, with core's wheel and pytest only; the last one is installed editable."""
    venv.create(folder, with_pip=True)
    python, spine = str(folder / "bin" / "python"), str(folder / "bin" / "spine")
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "install", "--constraint", str(CONSTRAINTS), f"{core}[testing]")
    for kind in NEW_PLUGINS:
        run(spine, "plugins", "new", kind, "mine", "--into", str(folder))
        made = folder / f"spine-{kind}-mine"
        if kind == NEW_PLUGINS[-1]:
            run(*pip, "install", "--editable", ".[test]", folder=made)
        else:
            run(*pip, "wheel", "--no-deps", "--wheel-dir", "dist", ".", folder=made)
            run(*pip, "install", *map(str, (made / "dist").glob("*.whl")))
        run(python, "-m", "pytest", folder=made)
    run(spine, "plugins", "check")
    listed = {plugin["name"]: plugin["state"] for plugin in json.loads(run(spine, "plugins", "list", "--json"))}
    assert listed == {"core": "builtin", **{f"{kind}-mine": "ok" for kind in NEW_PLUGINS}}, listed


def run(*command: str, folder: Path | None = None) -> str:
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
    return finished.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
