"""Spine source for HTTP APIs. The class is `spine_sources_http.source.HttpSource`."""
