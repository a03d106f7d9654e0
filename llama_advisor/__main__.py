"""python -m llama_advisor."""

from __future__ import annotations

from llama_advisor.cli.main import main

if __name__ == "__main__":
    main()
