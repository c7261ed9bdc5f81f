"""ServiceNow's table API for incidents, as documented.

https://www.servicenow.com/docs/bundle/latest-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.http_peer import Answer, Received

PATH = "/api/now/table/incident"
_FIELDS = {
    "short_description": 160, "description": 4000, "urgency": 1, "impact": 1, "correlation_id": 100, "state": 40,
    "correlation_display": 100, "work_notes": 4000, "close_code": 40, "close_notes": 4000, "assignment_group": 80,
    "caller_id": 80,
}  # fmt: skip


class TableApi:
    """Keeps its incidents in the order in which they were opened; `own` are further fields of the instance."""

    def __init__(self, user: str, password: str) -> None:
        self.credentials = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.incidents: list[dict[str, str]] = []
        self.notes: list[str] = []
        self.own: dict[str, str] = {}

    def __call__(self, received: Received) -> Answer:
        if received.headers.get("Authorization") != self.credentials:
            return refused(401, "User Not Authenticated", "Required to provide Auth information")
        path = urlsplit(received.path)
        if received.method == "GET" and path.path == PATH:
            return self._query(parse_qs(path.query, strict_parsing=True))
        if received.method == "POST" and path.path == PATH:
            return self._create(received.json, parse_qs(path.query))
        if received.method == "PATCH" and path.path.startswith(f"{PATH}/"):
            return self._change(path.path.rpartition("/")[2], received.json, parse_qs(path.query))
        return refused(405, "Method not allowed", "")

    def _query(self, asked: dict[str, list[str]]) -> Answer:
        conditions = asked["sysparm_query"][0].split("^")
        assert len(conditions) == 3, conditions
        key = conditions[0].removeprefix("correlation_id=")
        over = conditions[1].removeprefix("stateNOT IN").split(",")
        found = [
            incident
            for incident in self.incidents
            if incident["correlation_id"] == key and incident["state"] not in over
        ]
        return result(200, [shown(incident, asked) for incident in found[: int(asked["sysparm_limit"][0])]])

    def _create(self, fields: dict[str, str], asked: dict[str, list[str]]) -> Answer:
        check(fields)
        number = len(self.incidents) + 1
        incident = {"state": "1", **self.own, **fields, "sys_id": f"{number:032x}", "number": f"INC{number:07}"}
        self.incidents.append(incident)
        return result(201, shown(incident, asked))

    def _change(self, sys_id: str, fields: dict[str, str], asked: dict[str, list[str]]) -> Answer:
        check(fields)
        for incident in self.incidents:
            if incident["sys_id"] == sys_id:
                self.notes += [fields["work_notes"]] if "work_notes" in fields else []
                incident |= fields
                return result(200, shown(incident, asked))
        return refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def shown(incident: dict[str, str], asked: dict[str, list[str]]) -> dict[str, str]:
    """Return the fields that were asked for, all of them if none was named."""
    wanted = asked["sysparm_fields"][0].split(",") if "sysparm_fields" in asked else list(incident)
    return {name: incident[name] for name in wanted}


def check(fields: dict[str, str]) -> None:
    for name, value in fields.items():
        assert name in _FIELDS, name
        assert isinstance(value, str), name
        assert len(value) <= _FIELDS[name], name


def result(status: int, found: Any) -> Answer:
    return Answer(status, json.dumps({"result": found}), {"Content-Type": "application/json"})


def refused(status: int, message: str, detail: str) -> Answer:
    return Answer(status, json.dumps({"error": {"message": message, "detail": detail}, "status": "failure"}))
