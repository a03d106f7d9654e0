"""From a need to a decision: candidates sized, tested, scored, ranked."""
