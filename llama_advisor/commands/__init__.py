"""The commands behind the command line: read, answer, render."""
