"""Actions of the board: a module of each kind, from a project and a form to what was done."""

from spine_board.actions import alerts, backfills, runs, schedules
from spine_board.actions.action import Action

__all__ = ["ACTIONS"]

ACTIONS: list[Action] = [*runs.ACTIONS, *schedules.ACTIONS, *alerts.ACTIONS, *backfills.ACTIONS]
