"""What is needed: the scenario as said, names resolved, gaps filled."""
