"""Options of the listener."""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import converters, field, frozen, validators

from spine.core.duration import Seconds
from spine.core.secrets import Secret, as_secret


@frozen
class OpenLineageConfig:
    """Options of `[listeners.NAME]` with `type = "openlineage"`."""

    url: str | None = field(
        default=None,
        metadata={
            "help": "URL of the receiver, such as http://localhost:5000; without a path, events go to "
            "OPENLINEAGE_ENDPOINT or /api/v1/lineage below it. Without url and path, that of OPENLINEAGE_URL."
        },
    )
    api_key: Secret | None = field(
        default=None,
        converter=converters.optional(as_secret),
        metadata={"help": "Key that the receiver asks for; OPENLINEAGE_API_KEY if not given."},
    )
    path: str | None = field(
        default=None, metadata={"help": "File that gets a line of JSON for each event, instead of a URL.", "path": True}
    )
    namespace: str | None = field(
        default=None,
        metadata={"help": "Namespace of the jobs; OPENLINEAGE_NAMESPACE or the project's name if not given."},
    )
    timeout: Seconds = field(
        default=2.0,
        validator=validators.gt(0),
        metadata={"help": "Time that the receiver has to take an event; it is sent again later if it does not."},
    )

    def __attrs_post_init__(self) -> None:
        if self.url is not None and self.path is not None:
            raise ValueError("url and path are both given: events go to one of them")
        if self.url is not None and urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError("url is not an http or https URL: give one such as http://localhost:5000")
