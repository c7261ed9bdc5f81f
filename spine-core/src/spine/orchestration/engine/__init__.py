"""The engine: executes runs step by step, each committed before the next one starts."""
