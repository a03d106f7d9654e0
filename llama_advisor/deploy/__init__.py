"""After the decision: what a deployment does, beside what was predicted of it."""
