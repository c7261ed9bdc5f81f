"""Options of the executor."""

from __future__ import annotations

from attrs import field, frozen, validators


@frozen
class ProcrastinateConfig:
    """Options of `[executors.NAME]` with `type = "procrastinate"`; times are in seconds."""

    max_workers: int = field(default=4, metadata={"help": "Items of a map at once."})
    poll_seconds: float = field(
        default=5.0,
        validator=validators.gt(0),
        metadata={"help": "Seconds between two looks for jobs, in addition to the server's notifications."},
    )
    heartbeat_seconds: float = field(
        default=5.0, validator=validators.gt(0), metadata={"help": "Seconds between two signs of life of a worker."}
    )
    stalled_seconds: float = field(
        default=30.0,
        validator=validators.gt(0),
        metadata={"help": "Seconds without a sign of life after which a worker's jobs come again."},
    )

    def __attrs_post_init__(self) -> None:
        if self.stalled_seconds < 2 * self.heartbeat_seconds:
            raise ValueError(
                f"stalled_seconds is {self.stalled_seconds:g}: give at least twice heartbeat_seconds, "
                f"{2 * self.heartbeat_seconds:g}"
            )
