"""Look up the pinned versions among the known vulnerabilities, and check the licences of what is installed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path("constraints.txt")
ALLOWED = {  # permissive licences, and weak copyleft of packages that are installed beside Spine, unchanged
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "PSF-2.0", "Zlib"),
    *("EPL-2.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"),
    # what packages write that declare no SPDX expression
    *("Apache Software License", "BSD License", "ISC License (ISCL)", "MIT License"),
    *("Mozilla Public License 2.0 (MPL 2.0)", "Python Software Foundation License", "DFSG approved"),
}


def main(python: str) -> None:
    wrong = foreign_licences(python)
    print("\n".join(wrong) or "licences: each installed package has an allowed one")
    found, looked_up = vulnerabilities()
    versions = len(CONSTRAINTS.read_text().splitlines())
    print("\n".join([*found, f"vulnerabilities: {len(found)} in {looked_up} versions that were looked up"]))
    if looked_up < versions:
        print(f"vulnerabilities: no advisories could be had for {versions - looked_up} of {versions} versions")
    sys.exit(bool(wrong or found))


def foreign_licences(python: str) -> list[str]:
    """Return a line for each package whose licence is not allowed; of alternatives, one suffices."""
    listed = json.loads(tool("pip-licenses", "--python", python, "--from", "mixed", "--format", "json"))
    licences = {package["Name"]: package["License"] for package in listed}
    return [f"licences: {name} has {licence!r}" for name, licence in licences.items() if not is_allowed(licence)]


def is_allowed(licence: str) -> bool:
    alternatives = re.split(r"\s+OR\s+", licence)
    return any(all(part in ALLOWED for part in re.split(r"\s+AND\s+|;\s*", text)) for text in alternatives)


def vulnerabilities() -> tuple[list[str], int]:
    """Return a line for each known vulnerability, and the number of versions whose advisories could be had."""
    told = tool("pip-audit", "--requirement", str(CONSTRAINTS), "--no-deps", "--disable-pip", "--format", "json")
    looked_up = [package for package in json.loads(told or "{}").get("dependencies", []) if "vulns" in package]
    found = [
        f"vulnerabilities: {package['name']} {package['version']}: {known['id']}, mended in {known['fix_versions']}"
        for package in looked_up
        for known in package["vulns"]
    ]
    return found, len(looked_up)


def tool(name: str, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
