"""The check: project files against advice, sources against the choice, findings with codes and places."""
