"""Arithmetic of sizing, pure: memory, fit, speed, tuning, cost."""
