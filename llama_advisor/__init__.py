"""Which Llama 3.1 or 3.2 variant to deploy, in which build, on what hardware, and why."""

from __future__ import annotations

__version__ = "0.1.0"
