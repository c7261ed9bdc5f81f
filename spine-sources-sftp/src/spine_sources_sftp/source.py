"""Source of files on an SFTP server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spine.core.configured import configured_by
from spine.framework.sources.result import SourceType
from spine_sources_file.files import Finder
from spine_sources_file.source import BaseFileSource
from spine_sources_sftp.config import SftpSourceConfig
from spine_sources_sftp.connection import connected
from spine_sources_sftp.finder import SftpFinder


class SftpSource(BaseFileSource):
    """Rows of files on an SFTP server, in the formats of FileSource. The options are those of SftpSourceConfig.

    A fetch, a stream or a question has a connection of its own, which is closed at its end.
    """

    source_type = SourceType.SFTP

    @configured_by(SftpSourceConfig)
    def __init__(self, options: SftpSourceConfig) -> None:
        self._server = options
        super().__init__(options)

    @contextmanager
    def finder(self) -> Iterator[Finder]:
        with connected(self._server) as connection:
            yield SftpFinder(connection)

    def label(self, path: str) -> str:
        """Return the URL of a path on the server, without user and password."""
        return self._server.url(path)
