"""From a plan to what runs it: scripts, manifests, and a measurement held against the prediction."""
