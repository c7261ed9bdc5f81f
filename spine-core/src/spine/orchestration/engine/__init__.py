"""Engine of runs: executes them step by step, each committed before the next one starts."""
