"""The command line. Each command imports its dependencies when it is called."""
