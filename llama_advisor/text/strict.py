"""What every schema shares: frozen, closed models and the vocabulary of closed choices."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Target = Literal["hosted", "cloud", "server", "workstation", "laptop", "edge", "phone", "browser"]
Modality = Literal["text", "image", "multiple_images", "video", "audio"]
TuningMethod = Literal["qlora", "lora", "full"]
ArchitectureKind = Literal["llama", "mllama"]
CriterionId = Literal["quality", "speed", "cost", "footprint", "maturity"]
# The place of a bottleneck is part of the code of its finding: a new one goes to the end.
_OfTheModel = Literal["memory", "modality", "licence", "language", "context", "tools"]
Bottleneck = Literal[_OfTheModel, "engine", "hardware", "speed", "budget", "training", "quality", "other"]


class Strict(BaseModel):
    """A frozen model that refuses unknown keys; a field's docstring is its description."""

    model_config = ConfigDict(frozen=True, extra="forbid")


RouteKind = Literal["chain", "hosted", "rented", "other_model", "other_runtime", "less_work"]
