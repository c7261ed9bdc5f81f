"""A project with partitions, captures, sources, schedules, contracts and alerts, whose names and data are hostile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spine.project import Project, open_project
from spine.testing.project import make_project

SCRIPT = "<script>alert(1)</script>"
BIDI = "\u202egnp.exe"
ANSI = "\x1b[31mred\x1b[0m"
SECRETS = ("pa55word", "sekret-token", "topsecret-header", "very-secret-hook")

SETTINGS = """
[sources.prices]
type = "file"
path = "prices.csv"
domain = "market"
on_bad_row = "quarantine"
max_bad_rows = 10

[sources.absent]
type = "file"
path = "absent.csv"

[sources.api]
type = "http"
url = "https://user:pa55word@example.invalid/x?token=sekret-token"
headers = { Authorization = "Bearer topsecret-header" }

[contracts.prices]
checks = [{ check = "row_count", min = 3, severity = "warn" }]

[channels.ops]
type = "webhook"
url = "http://127.0.0.1:9/very-secret-hook"

[schedules.weekly]
workflow = "prices"
cron = "0 6 * * MON"
timezone = "America/New_York"

[schedules.often]
workflow = "prices"
every = "1h"
params = { to = "3" }
"""
FLOWS = f"""
from spine.framework.captures import capture, read_capture
from spine.framework.sources import source_registry
from spine.orchestration import Daily, Static, Step, Workflow, workflow_registry

SCRIPT, BIDI, ANSI = {SCRIPT!r}, {BIDI!r}, {ANSI!r}


def load(context, config):
    rows = [{{"symbol": f"S{{n}}", SCRIPT: BIDI, "shares": n, "none": None}} for n in range(int(context.params["to"]))]
    capture("prices", rows, metadata={{"note": SCRIPT}})


def total(context, config):
    rows = read_capture("prices").data
    capture("totals", [{{"shares": sum(row["shares"] for row in rows)}}], domain=SCRIPT)


def fetch(context, config):
    source_registry.get("prices").fetch()


def day(context, config):
    if context.params["day"].endswith("7"):
        raise ValueError(SCRIPT + BIDI + ANSI)
    capture("daily", [{{"day": context.params["day"]}}], partition={{"day": context.params["day"]}})


def nothing(context, config):
    return {{}}


workflow_registry.register(
    Workflow("prices", [Step.lambda_("load", load), Step.lambda_("total", total)], defaults={{"to": "4"}})
)
workflow_registry.register(Workflow("fetch", [Step.lambda_("fetch", fetch)]))
workflow_registry.register(Workflow("daily", [Step.lambda_("day", day)], partitions=Daily("day", start="2026-01-05")))
workflow_registry.register(
    Workflow("listed", [Step.lambda_("nothing", nothing)], partitions=Static("venue", ["a", "b", SCRIPT]))
)
workflow_registry.register(
    Workflow(
        "crossed",
        [Step.lambda_("nothing", nothing)],
        partitions=Daily("day", start="2026-01-05") * Static("venue", ["a", "b"]),
    )
)
"""
PRICES = f"day,price\n2026-01-05,1\n{SCRIPT}\n2026-01-06,2\n"


@contextmanager
def open_market(folder: Path) -> Iterator[Project]:
    """Make the project and open it; nothing has run."""
    made = make_project(folder / "market", flows=FLOWS, settings=SETTINGS, files={"prices.csv": PRICES})
    with open_project(made) as project:
        yield project


def run_all(project: Project) -> None:
    """Run each workflow, so that each page has something to show."""
    from spine.framework.alerts import AlertSeverity, send_alert

    for to in ("2", "4", "6"):
        project.run("prices", {"to": to})
    project.run("fetch")
    for number in (5, 6, 7, 9, 12):
        project.run("daily", {"day": f"2026-01-{number:02}"})
    project.run("listed", {"venue": SCRIPT})
    project.run("crossed", {"day": "2026-01-06", "venue": "b"})
    project.schedules.trigger("often")
    send_alert(AlertSeverity.CRITICAL, SCRIPT, BIDI + ANSI, "ops", domain=SCRIPT)
