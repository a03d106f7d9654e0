"""Arguments of each command as typer has them; what they do is in `commands`."""
