"""HTTP client: transport with total deadlines and address checks, statuses as errors; needs the extra `http`."""
