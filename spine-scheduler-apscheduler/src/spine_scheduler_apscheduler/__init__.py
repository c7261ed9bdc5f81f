"""Spine's schedules inside an application's own APScheduler. The function is `host_schedules`."""

try:
    from spine_scheduler_apscheduler.host import ScheduleHost, host_schedules
except ModuleNotFoundError as error:
    if not str(error.name).startswith("apscheduler"):
        raise
    raise ImportError(
        "spine-scheduler-apscheduler needs APScheduler 3.11 or a later one before 4, and another one is installed: "
        "pip install 'apscheduler>=3.11,<4'"
    ) from error

__all__ = ["ScheduleHost", "host_schedules"]
