"""Sources, pipelines, captures and alerts: their protocols, registries and core's own types."""
