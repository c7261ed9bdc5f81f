"""Alerts as incidents in ServiceNow."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from spine.core.configured import configured_by
from spine.core.deadline import Deadline
from spine.core.errors import InvalidConfigError, TransientError
from spine.framework.alerts import Alert, ChannelType, DeliveryResult
from spine.framework.alerts.http_channel import HttpChannel
from spine.http.exchange import Reply
from spine.http.headers import basic_auth
from spine_alerts_servicenow.config import ServiceNowChannelConfig
from spine_alerts_servicenow.record import another_time, closing, new_incident

_TABLE = "/api/now/table/incident"
_FIELDS = "sys_id,number"  # of a reply: an incident may have fields of any length, and replies are read to 64 KB
_SHOWN = f"?{urlencode({'sysparm_fields': _FIELDS})}"
_OVER = "6,7,8"  # resolved, closed, cancelled


class ServiceNowChannel(HttpChannel):
    """Channel that opens, updates and closes incidents; their correlation id is the alert's incident key.

    The open incident is looked up first, so that a repetition after a lost reply opens no second one.
    """

    @configured_by(ServiceNowChannelConfig)
    def __init__(self, options: ServiceNowChannelConfig) -> None:
        username, password = options.username, options.password
        if ":" in username:
            raise InvalidConfigError("username", username, "username has a colon, which basic authentication forbids")
        super().__init__(
            channel_type=ChannelType.SERVICENOW,
            url=options.instance_url.rstrip("/"),
            url_option="instance_url",
            headers={"Authorization": basic_auth(username, password.reveal()), "Accept": "application/json"},
            hidden=(password,),
            **options.common(),
        )
        given = {"assignment_group": options.assignment_group, "caller_id": options.caller}
        self._given = {key: value for key, value in given.items() if value is not None}
        self._closed_state, self._close_code = options.closed_state, options.close_code

    def send(self, alert: Alert) -> DeliveryResult:
        """Open an incident for `alert`, or note it in the open one."""
        return self.attempt(lambda deadline: self._open_or_note(deadline, alert))

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Close the incident of `alert`; succeed as well if it is closed already."""
        return self.attempt(lambda deadline: self._close(deadline, alert))

    def _open_or_note(self, deadline: Deadline, alert: Alert) -> DeliveryResult:
        found = self._find(deadline, alert)
        if found is not None:
            return self._change(deadline, found, another_time(alert, self.base_url))
        fields = new_incident(alert, self.base_url) | self._given
        reply = self.request(deadline, "POST", f"{_TABLE}{_SHOWN}", fields)
        return self._done(self._incident(self.check(reply)))

    def _close(self, deadline: Deadline, alert: Alert) -> DeliveryResult:
        found = self._find(deadline, alert)
        if found is None:
            return DeliveryResult.ok(self.name, "no incident is open")
        return self._change(deadline, found, closing(alert, self.base_url, self._closed_state, self._close_code))

    def _find(self, deadline: Deadline, alert: Alert) -> str | None:
        query = {
            "sysparm_query": f"correlation_id={alert.incident_key}^stateNOT IN{_OVER}^ORDERBYDESCsys_created_on",
            "sysparm_fields": _FIELDS,
            "sysparm_limit": "1",
        }
        reply = self.check(self.request(deadline, "GET", f"{_TABLE}?{urlencode(query)}"))
        found = self._result(reply)
        return str(self._identity(found[0], reply)["sys_id"]) if isinstance(found, list) and found else None

    def _change(self, deadline: Deadline, sys_id: str, fields: dict[str, str]) -> DeliveryResult:
        reply = self.request(deadline, "PATCH", f"{_TABLE}/{quote(sys_id, safe='')}{_SHOWN}", fields)
        return self._done(self._incident(self.check(reply)))

    def _done(self, incident: dict[str, Any]) -> DeliveryResult:
        number = str(incident.get("number", ""))
        return DeliveryResult.ok(self.name, number or None, {"sys_id": str(incident["sys_id"]), "number": number})

    def _incident(self, reply: Reply) -> dict[str, Any]:
        return self._identity(self._result(reply), reply)

    def _result(self, reply: Reply) -> Any:
        answer = reply.json
        if not isinstance(answer, dict) or "result" not in answer:
            raise self._not_understood(reply)
        return answer["result"]

    def _identity(self, incident: Any, reply: Reply) -> dict[str, Any]:
        if not isinstance(incident, dict) or not incident.get("sys_id"):
            raise self._not_understood(reply)
        return incident

    def _not_understood(self, reply: Reply) -> TransientError:
        # an instance that sleeps or is being upgraded answers 200 with a page
        return TransientError(f"{self.service} did not answer as ServiceNow does (status {reply.status})")
