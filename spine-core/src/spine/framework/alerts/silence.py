"""Silences: alerts that are not sent for a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from attrs import field, frozen

from spine.core.errors import ValidationError
from spine.core.ids import new_id
from spine.core.suggest import did_you_mean
from spine.framework.alerts.alert import Alert

FIELDS = ("severity", "domain", "source", "title", "fingerprint")


@frozen
class Silence:
    """Silence until `ends_at`: alerts whose fields match all of `matchers`, which are globs, are not sent."""

    matchers: Mapping[str, str]
    ends_at: datetime
    comment: str | None = None
    silence_id: str = field(factory=new_id)

    def fits(self, alert: Alert) -> bool:
        """Return True if `alert` is silenced; an alert without a domain is matched by its source."""
        values = {
            "severity": alert.severity.value,
            "domain": alert.effective_domain,
            "source": alert.source,
            "title": alert.title,
            "fingerprint": alert.fingerprint,
        }
        return all(fnmatchcase(values[name], pattern) for name, pattern in self.matchers.items())


def parse_matchers(texts: Iterable[str]) -> dict[str, str]:
    """Return `FIELD=GLOB` texts as matchers; ValidationError for anything else, and for none at all."""
    matchers: dict[str, str] = {}
    for text in texts:
        name, separator, pattern = text.partition("=")
        if not separator or name not in FIELDS:
            hint = did_you_mean(name, FIELDS)
            raise ValidationError(f"--match {text!r:.80} is not FIELD=GLOB with a field of {', '.join(FIELDS)}{hint}")
        matchers[name] = pattern
    if not matchers:
        raise ValidationError("a silence needs at least one matcher: add --match FIELD=GLOB")
    return matchers
