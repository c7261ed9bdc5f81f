"""Spine source for files. The class is `spine_sources_file.source.FileSource`."""
