"""The commands: one file each, or one folder for a large group."""
