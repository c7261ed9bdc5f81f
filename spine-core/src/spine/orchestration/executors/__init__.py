"""The executors that core ships, one file each."""
