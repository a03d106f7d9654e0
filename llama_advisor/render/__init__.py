"""Renderers: each reads one finished result and adds nothing to it."""
