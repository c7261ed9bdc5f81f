"""One example for each command of core: the last line of its help, and its line in the reference."""

from __future__ import annotations

from collections.abc import Iterator

import click

EXAMPLES = {
    "init": "spine init prices",
    "status": "spine status",
    "run": "spine run prices -p day=2026-01-05",
    "plan": "spine plan prices -p day=2026-01-05",
    "workflows check": "spine workflows check",
    "workflows graph": "spine workflows graph prices",
    "workflows list": "spine workflows list --json",
    "workflows show": "spine workflows show prices",
    "pipelines history": "spine pipelines history load -n 5",
    "pipelines list": "spine pipelines list",
    "pipelines show": "spine pipelines show load",
    "runs affected": "spine runs affected latest",
    "runs cancel": "spine runs cancel 0197a3c2",
    "runs items": "spine runs items latest each --failed",
    "runs list": "spine runs list --status FAILED -n 5",
    "runs logs": "spine runs logs latest --step load",
    "runs park": "spine runs park 0197a3c2",
    "runs recover": "spine runs recover",
    "runs report": "spine runs report latest --html report.html",
    "runs resume": "spine runs resume latest",
    "runs show": "spine runs show latest --traceback",
    "runs wake": "spine runs wake latest --now",
    "runs watch": "spine runs watch latest",
    "emit": "spine emit landed --key 2026-01-05",
    "partitions": "spine partitions prices --since 2026-01-01",
    "backfill": "spine backfill prices --from 2026-01-01 --to 2026-03-31 --max-parallel 4",
    "backfills cancel": "spine backfills cancel latest",
    "backfills list": "spine backfills list",
    "backfills resume": "spine backfills resume latest",
    "backfills show": "spine backfills show latest",
    "sources check": "spine sources check prices.daily",
    "sources fetch": "spine sources fetch prices.daily -p day=2026-01-05 --to prices.csv",
    "sources history": "spine sources history prices.daily -n 5",
    "sources list": "spine sources list",
    "sources preview": "spine sources preview prices.daily -p day=2026-01-05 -n 5",
    "sources show": "spine sources show prices.daily",
    "sources state list": "spine sources state list",
    "sources state reset": "spine sources state reset orders",
    "sources state set": "spine sources state set orders 2026-01-05 --type date",
    "sources state show": "spine sources state show orders",
    "captures diff": "spine captures diff prices.raw 1 2 --key symbol",
    "captures export": "spine captures export prices.raw --all-partitions --to prices.parquet",
    "captures forget": "spine captures forget prices.raw --keep 10 --dry-run",
    "captures gc": "spine captures gc --dry-run",
    "captures lineage": "spine captures lineage prices.clean -p day=2026-01-05",
    "captures list": "spine captures list prices.raw",
    "captures read": "spine captures read prices.raw -p day=2026-01-05 -n 5",
    "captures show": "spine captures show prices.raw --revision 2",
    "captures stale": "spine captures stale",
    "captures verify": "spine captures verify",
    "schedules add": 'spine schedules add nightly --workflow prices --cron "0 2 * * *" --timezone Europe/Berlin',
    "schedules history": "spine schedules history nightly -n 5",
    "schedules lint": "spine schedules lint",
    "schedules list": "spine schedules list",
    "schedules next": "spine schedules next nightly --count 5",
    "schedules pause": "spine schedules pause nightly",
    "schedules remove": "spine schedules remove nightly",
    "schedules resume": "spine schedules resume nightly",
    "schedules show": "spine schedules show nightly",
    "schedules trigger": "spine schedules trigger nightly",
    "scheduler run": "spine scheduler run --status",
    "worker run": "spine worker run --queues default,gpu --concurrency 4",
    "workers list": "spine workers list",
    "alerts ack": "spine alerts ack 0197a3c2",
    "alerts channels": "spine alerts channels",
    "alerts flush": "spine alerts flush",
    "alerts history": "spine alerts history --channel team --status FAILED",
    "alerts list": "spine alerts list --open",
    "alerts resolve": "spine alerts resolve 0197a3c2",
    "alerts retry": "spine alerts retry 0197a3c2",
    "alerts route": "spine alerts route --severity ERROR --source prices --explain",
    "alerts show": "spine alerts show 0197a3c2",
    "alerts silence": 'spine alerts silence --match source=prices --until 2h --comment "moving house"',
    "alerts test": "spine alerts test team",
    "metrics": "spine metrics --to /var/lib/node_exporter/spine.prom",
    "history prune": "spine history prune --older-than 400d --dry-run",
    "db adopt": "spine db adopt old-name",
    "db check": "spine db check",
    "db copy": "spine db copy sqlite:///.spine/spine.db history",
    "db downgrade": "spine db downgrade 0011",
    "db list": "spine db list",
    "db status": "spine db status",
    "db upgrade": "spine db upgrade",
    "doctor": "spine doctor --json",
    "config schema": "spine config schema > spine.schema.json",
    "config show": "spine config show --explain scheduler.workers",
    "plugins check": "spine plugins check sources-http --traceback",
    "plugins list": "spine plugins list",
    "plugins new": "spine plugins new source mine",
    "plugins show": "spine plugins show sources-http",
    "completion": "spine completion bash > ~/.local/share/bash-completion/completions/spine",
    "help": "spine help runs list",
}


def leaves(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Yield the path and the command of each one below `command`, or of itself if it is no group."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            yield from leaves(f"{path} {name}".strip(), below)


def add_examples(command: click.Command, path: str) -> None:
    """Give `command`, or each command below it, the example of its path as the end of its help."""
    for name, leaf in leaves(path, command):
        if name in EXAMPLES:
            leaf.epilog = f"\b\nExample:\n  {EXAMPLES[name]}"
