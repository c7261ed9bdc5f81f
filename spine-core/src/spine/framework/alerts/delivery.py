"""Delivery of one alert through several channels at once, each with its own deadline."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Event, Thread

from spine.core import errors
from spine.core.clock import wait_for
from spine.core.deadline import Deadline
from spine.framework.alerts.alert import Alert
from spine.framework.alerts.channel import DEFAULT_DEADLINE_SECONDS, AlertChannel, DeliveryResult

Call = Callable[[AlertChannel, Alert], DeliveryResult]


def fire(channel: AlertChannel, alert: Alert) -> DeliveryResult:
    """Deliver `alert` as a firing incident."""
    return channel.send(alert)


def deliver(alert: Alert, channels: Sequence[AlertChannel], *, call: Call = fire) -> list[DeliveryResult]:
    """Make `call` with `alert` on each of `channels` and return the results in the same order.

    Returns when each has answered or reached its deadline. A channel that raises or does not answer in time gives a
    failed result; its thread, if it still hangs, is abandoned and does not keep the process alive.
    """
    sending = [(channel, *_start(alert, channel, call)) for channel in channels]
    return [_answer(channel, future, deadline) for channel, future, deadline in sending]


def _start(alert: Alert, channel: AlertChannel, call: Call) -> tuple[Future[DeliveryResult], Deadline]:
    future: Future[DeliveryResult] = Future()
    scope_and_work = contextvars.copy_context()  # threads do not inherit context variables

    def send() -> None:
        try:
            future.set_result(scope_and_work.run(call, channel, alert))
        except BaseException as error:  # noqa: BLE001 - even a SystemExit must not leave the sender waiting
            future.set_exception(error)

    deadline = Deadline(deadline_of(channel))
    # a daemon thread, not an executor, which would join a hanging thread at interpreter exit
    Thread(target=send, name=f"spine-alert-{channel.name}", daemon=True).start()
    return future, deadline


def _answer(channel: AlertChannel, future: Future[DeliveryResult], deadline: Deadline) -> DeliveryResult:
    if not _is_done(future, deadline):
        seconds = f"{deadline.seconds:g}"
        return DeliveryResult.fail(
            channel.name,
            errors.TimeoutError(f"alert channel {channel.name!r} did not answer within {seconds} seconds"),
        )
    error = future.exception()
    if error is not None:
        return DeliveryResult.fail(channel.name, error)
    result = future.result()
    if isinstance(result, DeliveryResult):
        return result
    return DeliveryResult.fail(  # type: ignore[unreachable]  # not every channel is type-checked
        channel.name, errors.SpineError(f"alert channel {channel.name!r} returned {result!r:.80}, not a DeliveryResult")
    )


def _is_done(future: Future[DeliveryResult], deadline: Deadline) -> bool:
    done = Event()
    future.add_done_callback(lambda _: done.set())
    return wait_for(done, deadline.left())


def deadline_of(channel: AlertChannel) -> float:
    """Return the total seconds that a sender waits for `channel`."""
    return float(getattr(channel, "deadline_seconds", DEFAULT_DEADLINE_SECONDS))
