"""A shell whose `python` and `spine` are an environment of its own, laid over the one that runs the tests."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from pathlib import Path


class Shell:
    """Runs scripts in `folder`; what they install with pip stays in `folder/environment`, and nothing is downloaded."""

    def __init__(self, folder: Path) -> None:
        environment = folder / "environment"
        venv.create(environment, symlinks=True)
        below = sysconfig.get_path("purelib")
        own = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
        (own / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n")
        spine = environment / "bin" / "spine"
        spine.write_text(f"#!{environment}/bin/python\nfrom spine.cli.main import main\nmain()\n")
        spine.chmod(0o755)
        self.folder = folder
        self._variables = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST", "SPINE"))}
        self._variables |= {
            "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say: build with the hatchling that is there
            "PIP_NO_INDEX": "1",
            "PYTEST_DEBUG_TEMPROOT": str(folder),  # a pytest in here clears away no folder of this session
        }

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the shell, to its end or to the first command that fails."""
        return subprocess.run(
            ["sh", "-ec", _not_editable(script)],
            cwd=self.folder,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def output(self, script: str) -> str:
        """Return what a script prints; it must not fail."""
        finished = self.run(script)
        assert finished.returncode == 0, f"{script}\n{finished.stdout}{finished.stderr}"
        return finished.stdout


def _not_editable(script: str) -> str:
    # an editable install asks hatchling for one more package; `make dists` does it as it is written
    return script.replace("pip install -e ", "pip install ")
