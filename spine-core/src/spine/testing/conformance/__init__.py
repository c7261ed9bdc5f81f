"""Conformance suites: what every plugin of a kind must do, as tests that its author inherits."""
