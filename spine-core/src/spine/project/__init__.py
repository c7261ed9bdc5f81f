"""The programming interface of a project: queries in pages, actions, and events since a given one.

The command line is built on it, and plugins may import it: commands, boards, reports and workers. Rows are dicts whose
keys are the column names of docs/history.md; times are aware datetimes in UTC.
"""

from spine.project.project import Project, current_project, open_project

__all__ = ["Project", "current_project", "open_project"]
