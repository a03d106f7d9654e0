"""The command line, one function a command; commands of one kind share a module."""
