"""Run, resume and cancel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from spine.core.errors import ValidationError, WorkflowError
from spine.framework.trigger_source import TriggerSource
from spine_board.actions.action import Action, Done, Order
from spine_board.states import OPEN
from spine_board.text import link

if TYPE_CHECKING:
    from spine.project import Project

_PARAM = "param."
_MOST_MORE = 100  # lines of further parameters


def run(project: Project, order: Order) -> Done:
    """Submit a run; where no scheduler and no worker lives, this process executes it."""
    workflow = order.path["workflow"]
    run_id = project.submit(workflow, _params(order), key=order.text("key") or None, triggered_by=TriggerSource.MANUAL)
    if project.runs.find(run_id)["status"] != "PENDING":
        return Done(f"a run with that key was there already: {run_id}", link("runs", run_id), run_id)
    found = project.overview(1)
    if found["schedulers"] or found["workers"]:
        return Done(f"run {run_id} is submitted: a scheduler or a worker takes it", link("runs", run_id), run_id)
    order.jobs.start(f"run {run_id}", partial(project.recover, run_id, stop=order.jobs.new_stop()))
    return Done(f"run {run_id} is started by this board", link("runs", run_id), run_id)


def resume(project: Project, order: Order) -> Done:
    """Resume a run in this process."""
    run_id = _run_id(project, order)
    from_step, stop = order.text("from_step") or None, order.jobs.new_stop()
    call = partial(project.resume, run_id, from_step=from_step, triggered_by=TriggerSource.MANUAL, stop=stop)
    order.jobs.start(f"run {run_id}", call)
    return Done(f"run {run_id} is resumed by this board", link("runs", run_id), run_id)


def cancel(project: Project, order: Order) -> Done:
    """Ask for the end of a run; its step has the grace of `[runs]`."""
    run_id = _run_id(project, order)
    found = project.runs.find(run_id)
    if found["status"] not in OPEN:
        raise WorkflowError(f"run {run_id} has ended {found['status']}: there is nothing to cancel")
    is_done = order.jobs.start(f"the end of run {run_id}", partial(project.cancel, run_id))
    return Done(f"run {run_id} is {'cancelled' if is_done else 'being cancelled'}", link("runs", run_id), run_id)


def _run_id(project: Project, order: Order) -> str:
    return str(project.runs.find(order.path["run_id"])["run_id"])


def _params(order: Order) -> dict[str, str]:
    """Return the parameters of a form: `param.NAME`, and further ones as NAME=VALUE in each line of `more`."""
    found = {name.removeprefix(_PARAM): value for name, value in order.fields.items() if name.startswith(_PARAM)}
    given = {name: value for name, value in found.items() if value}
    for line in order.text("more").splitlines()[:_MOST_MORE]:
        name, separator, value = line.partition("=")
        if not separator or not name.strip():
            raise ValidationError(f"{line!r:.80} is no parameter: write NAME=VALUE", field="more", value=line)
        given[name.strip()] = value.strip()
    return given


ACTIONS = [
    Action("/workflows/{workflow}/run", "run", "workflow", run),
    Action("/runs/{run_id}/resume", "resume", "run_id", resume),
    Action("/runs/{run_id}/cancel", "cancel", "run_id", cancel),
]
