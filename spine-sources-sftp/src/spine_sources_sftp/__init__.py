"""Spine source for files on SFTP servers. The class is `spine_sources_sftp.source.SftpSource`."""
