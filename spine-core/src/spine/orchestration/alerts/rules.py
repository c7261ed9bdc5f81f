"""Rules for the alerts of a workflow's runs, from `[alerts]` and `[alerts.workflows.NAME]`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from attrs import frozen

from spine.core.errors import ConfigError, InvalidConfigError
from spine.core.suggest import did_you_mean
from spine.framework.alerts import Alert, AlertSeverity

NO_ALERT = "none"
SLA_MINUTES = "sla_minutes"  # metadata key of an SLA alert


@frozen(kw_only=True)
class AlertRules:
    """Severities of the alerts of a failed run and of one longer than `sla_minutes`; None for no alert.

    With `on_recovery`, a completed run resolves the alerts of failed runs of the same workflow and partition, its own
    SLA alert, and the alerts of its schedule that could not create a run.
    """

    on_failure: AlertSeverity | None = AlertSeverity.ERROR
    on_recovery: bool = True
    on_sla: AlertSeverity | None = AlertSeverity.WARNING
    sla_minutes: float | None = None


RulesOf = Callable[[str], AlertRules]


class WrittenRules(Protocol):
    """Rules in the form of the config file: severities by name, `none` for no alert."""

    @property
    def on_failure(self) -> str | None: ...

    @property
    def on_recovery(self) -> bool | None: ...

    @property
    def on_sla(self) -> str | None: ...

    @property
    def sla_minutes(self) -> float | None: ...


def is_sla_alert(alert: Alert) -> bool:
    """Return True for an alert about a run that exceeds its SLA, not about a failure."""
    return SLA_MINUTES in alert.metadata


def sla_fingerprint(workflow: str) -> str:
    """Return the fingerprint of the SLA alerts of a workflow."""
    return f"sla|{workflow}"


def not_started_fingerprint(schedule: str) -> str:
    """Return the fingerprint of the alerts of a schedule that could not create a run."""
    return f"not_started|{schedule}"


def usual_rules(_workflow: str) -> AlertRules:
    """Return the default rules."""
    return AlertRules()


def read_alert_rules(usual: WrittenRules, own: Mapping[str, WrittenRules], where: str) -> RulesOf:
    """Return the function from a workflow's name to its rules; `usual` gives the values that `own` leaves out.

    Raises InvalidConfigError for a severity that does not exist.
    """
    default = _rules(usual, usual, where)
    special = {name: _rules(given, usual, f"{where}.workflows.{name}") for name, given in own.items()}
    return lambda workflow: special.get(workflow, default)


def check_workflows(own: Iterable[str], known: Iterable[str], where: str) -> None:
    """Raise ConfigError for rules of a workflow that the project does not have."""
    names = list(known)
    for name in own:
        if name not in names:
            raise ConfigError(f"{where}.workflows: there is no workflow {name!r}{did_you_mean(name, names)}")


def _rules(given: WrittenRules, usual: WrittenRules, where: str) -> AlertRules:
    return AlertRules(
        on_failure=_severity(given.on_failure or usual.on_failure or NO_ALERT, f"{where}.on_failure"),
        on_recovery=bool(usual.on_recovery if given.on_recovery is None else given.on_recovery),
        on_sla=_severity(given.on_sla or usual.on_sla or NO_ALERT, f"{where}.on_sla"),
        sla_minutes=given.sla_minutes or usual.sla_minutes,
    )


def _severity(text: str, where: str) -> AlertSeverity | None:
    if text.lower() == NO_ALERT:
        return None
    try:
        return AlertSeverity(text)
    except ValueError as error:
        allowed = ", ".join([*(severity.value for severity in AlertSeverity), NO_ALERT])
        raise InvalidConfigError(where, text, f"{where} must be one of {allowed}, not {text!r:.80}") from error
