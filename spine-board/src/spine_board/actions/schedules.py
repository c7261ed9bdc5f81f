"""Pause, resume and trigger a schedule."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from spine_board.actions.action import Action, Done, Order

if TYPE_CHECKING:
    from spine.project import Project


def pause(project: Project, order: Order) -> Done:
    """Let a schedule start no run until it is resumed."""
    project.schedules.pause(order.path["name"])
    return Done(f"schedule {order.path['name']} is paused")


def resume(project: Project, order: Order) -> Done:
    """Resume a schedule from now."""
    project.schedules.resume(order.path["name"])
    return Done(f"schedule {order.path['name']} is resumed from now")


def trigger(project: Project, order: Order) -> Done:
    """Run the target of a schedule now, in this process."""
    name = project.schedules.get(order.path["name"]).name
    call = partial(project.schedules.trigger, name, stop=order.jobs.new_stop())
    order.jobs.start(f"schedule {name}", call)
    return Done(f"schedule {name} is triggered: this board executes the run")


ACTIONS = [
    Action("/schedules/{name}/pause", "pause schedule", "name", pause),
    Action("/schedules/{name}/resume", "resume schedule", "name", resume),
    Action("/schedules/{name}/trigger", "trigger schedule", "name", trigger),
]
