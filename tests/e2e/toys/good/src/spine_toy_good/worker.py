"""`spine toy-work`: executes the runs of a queue."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import click
from sqlalchemy import delete, or_, select

from spine.db.adapter import DatabaseAdapter
from spine.orchestration.lease import LeaseError
from spine.orchestration.stop import Stop, StopReason
from spine.project import open_project
from spine_toy_good.tables import jobs


@click.command("toy-work")
@click.option("--queue", default="x", show_default=True, help="Which jobs to take.")
@click.option("--once", is_flag=True, help="End when no job is left.")
@click.pass_context
def toy_work(context: click.Context, queue: str, once: bool) -> None:
    """Execute the runs of a queue until SIGTERM."""
    given = context.find_root().params["project"]
    stop = Stop()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.request(StopReason.PARK))
    with open_project(Path(given) if given else None) as project:
        while stop.reason is None:
            run_id = take(project.database, queue)
            if run_id is not None:
                try:
                    result = project.proceed(run_id, stop=stop)
                    click.echo(f"{run_id} {result.status.name}")
                except LeaseError as error:
                    click.echo(str(error), err=True)
            elif once:
                return
            else:
                time.sleep(0.1)


def take(database: DatabaseAdapter, queue: str) -> str | None:
    """Take the first job and return its run, in one transaction; another worker does not get it."""
    may_begin = or_(jobs.c.not_before.is_(None), jobs.c.not_before <= time.time())
    first = (
        select(jobs.c.id, jobs.c.run_id)
        .where(jobs.c.queue == queue, may_begin)
        .order_by(jobs.c.priority.desc(), jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with database.engine.begin() as connection:
        row = connection.execute(first).one_or_none()
        if row is None:
            return None
        connection.execute(delete(jobs).where(jobs.c.id == row.id))
        run_id: str = row.run_id
        return run_id
