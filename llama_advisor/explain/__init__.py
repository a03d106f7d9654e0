"""Why this answer, why not another, and where it turns: the same question asked again with something changed."""
