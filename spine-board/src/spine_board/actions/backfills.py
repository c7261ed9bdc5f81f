"""Start, resume and cancel a backfill."""

from __future__ import annotations

from functools import partial
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from spine.core.errors import BadParamsError
from spine.core.plain_text import counted
from spine_board.actions.action import Action, Done, Order
from spine_board.pages.backfill_form import form_of
from spine_board.text import link

if TYPE_CHECKING:
    from spine.project import Project

_BEGIN_SECONDS = 5.0


def start(project: Project, order: Order) -> Done:
    """Run the partitions that the form of the grid says, in this process."""
    workflow = order.path["workflow"]
    planned = form_of(order.fields).plan(project, workflow)
    if not planned.partitions:
        raise BadParamsError(f"no partition of {workflow} is in that range and state: there is nothing to run")
    begun = Queue[Any]()
    call = partial(project.backfills.run, planned, order.jobs.stopped, on_begin=begun.put)
    order.jobs.start(f"the backfill of {workflow}", call)
    try:
        leads_to = link("backfills", begun.get(timeout=_BEGIN_SECONDS).id)
    except Empty:  # other jobs of this board go first
        leads_to = link("partitions", workflow)
    return Done(f"the backfill of {counted(len(planned.partitions), 'partition')} of {workflow} has begun", leads_to)


def resume(project: Project, order: Order) -> Done:
    """Run what is left of a backfill, in this process."""
    found = project.backfills.find(order.path["backfill"])["id"]
    order.jobs.start(f"backfill {found}", partial(project.backfills.resume, found, order.jobs.stopped))
    return Done(f"backfill {found} goes on", link("backfills", found))


def cancel(project: Project, order: Order) -> Done:
    """End a backfill, and its open runs."""
    found = project.backfills.find(order.path["backfill"])["id"]
    is_done = order.jobs.start(f"the end of backfill {found}", partial(project.backfills.cancel, found))
    return Done(f"backfill {found} is {'cancelled' if is_done else 'being cancelled'}", link("backfills", found))


ACTIONS = [
    Action("/partitions/{workflow}/backfill", "backfill", "workflow", start),
    Action("/backfills/{backfill}/resume", "resume backfill", "backfill", resume),
    Action("/backfills/{backfill}/cancel", "cancel backfill", "backfill", cancel),
]
