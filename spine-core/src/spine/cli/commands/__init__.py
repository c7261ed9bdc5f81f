"""The commands: a file each, or a folder for a group with many."""
