"""The durable record of runs, captures and fetches, in SQL."""
