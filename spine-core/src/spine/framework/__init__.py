"""Sources, pipelines, captures and alerts: their protocols, registries and what core ships of each."""
