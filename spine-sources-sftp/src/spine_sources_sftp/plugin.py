"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            "sftp",
            "spine_sources_sftp.source:SftpSource",
            config="spine_sources_sftp.config:SftpSourceConfig",
            help="Files on an SFTP server, in the formats of the source `file`.",
        ),
    ]
