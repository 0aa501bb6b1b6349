"""The files of other programs, and our own exports."""
