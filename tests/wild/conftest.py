"""The files of the example repositories are read, never run; the measure lies beside."""

import sys
from pathlib import Path

collect_ignore = ["repositories"]
sys.path.insert(0, str(Path(__file__).resolve().parent))
