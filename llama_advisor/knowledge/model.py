"""A published checkpoint: architecture, exact size, limits, licence and published scores."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from llama_advisor.text.strict import Strict


class Vision(Strict):
    """The image path of a vision model, added to an unchanged text model."""

    cross_attention_layers: int
    """Layers that read the image, beside the self-attention layers."""
    encoder_parameters: int
    """Parameters of the vision encoder."""
    projector_parameters: int
    """Parameters of the projector from encoder to text width."""
    cross_attention_parameters: int
    """Parameters of all cross-attention layers."""
    tokens_per_image: int
    """Cache positions one image takes in each cross-attention layer (padded to the most tiles)."""
    tile_px: int
    """Side of one square tile, pixels."""
    max_tiles: int
    """Most tiles one image is cut into."""


class Architecture(Strict):
    """The shape from which weights and KV cache are computed."""

    kind: Literal["llama", "mllama"]
    """Name of the architecture as engines know it."""
    layers: int
    """Self-attention layers; cross-attention layers are counted under `vision`."""
    hidden_size: int
    """Width of the residual stream."""
    ffn_size: int
    """Width of the feed-forward layer."""
    attention_heads: int
    """Query heads per layer."""
    kv_heads: int
    """Key and value heads per layer."""
    head_dim: int
    """Width of one head."""
    vocab_size: int
    """Rows of the embedding table."""
    extra_embedding_rows: int = 0
    """Rows of the input embedding beyond the vocabulary (vision models have 8)."""
    tied_embeddings: bool
    """Whether the output head shares the input embedding's weights."""
    vision: Vision | None = None
    """The image path, if the model has one."""


class Languages(Strict):
    """Supported languages (ISO 639-1), by kind of prompt."""

    text: tuple[str, ...]
    """For prompts of text alone."""
    image: tuple[str, ...] = ()
    """For prompts with an image."""


class Tools(Strict):
    """What the checkpoint was trained to do with tools."""

    trained: bool
    """Whether tool calling is documented for the checkpoint."""
    with_image: bool = False
    """Whether a tool call works when the prompt holds an image."""
    formats: tuple[str, ...] = ()
    """Call formats: json, function-tag, pythonic."""
    builtin: tuple[str, ...] = ()
    """Built-in tools it knows by name."""
    mixed_chat: bool = True
    """Whether the publisher stands by chat and tool definitions in one prompt."""
    note: str = ""
    """A documented limit, in one sentence."""


class Licence(Strict):
    """Terms that can decide a choice; not legal advice."""

    name: str
    """Name of the licence."""
    url: str
    """Where its text is."""
    monthly_active_users_limit: int | None = None
    """Licensees above this many monthly active users at `tested_on` must ask for a licence."""
    tested_on: date | None = None
    """The day at which the user limit is tested."""
    eu_domiciled_licensee: bool
    """Whether people and companies domiciled in the EU are granted rights."""
    attribution: str = ""
    """What must be shown when the model or a product with it is distributed."""


class OfficialBuild(Strict):
    """A quantized checkpoint published by the model's own maker, with its own size and scores."""

    quantization: str
    """Id of the quantization."""
    hf_repo: str
    """Hugging Face repository."""
    weights_bytes: int
    """Size of the weights as published, bytes."""
    context_tokens: int | None = None
    """Context it is limited to, where shorter than the model's."""
    parameters_extra: int = 0
    """Parameters added by adapters."""
    scores: dict[str, float] = Field(default_factory=dict)
    """Published scores by benchmark id."""


class EstimatedScore(Strict):
    """A score nobody published, estimated for ranking only."""

    benchmark: str
    """Benchmark id."""
    value: float
    """The estimate, in the benchmark's own unit."""
    how: str
    """How it was estimated, in one sentence."""


class Artifacts(Strict):
    """Where the weights are found."""

    hf_repo: str
    """Hugging Face repository of the original weights."""
    ollama_tag: str | None = None
    """Tag in the Ollama library."""
    ollama_quantization: str | None = None
    """Quantization id that the tag holds."""
    gguf_repo: str | None = None
    """Hugging Face repository with GGUF files."""
    mlx_repo: str | None = None
    """Hugging Face repository with MLX 4-bit files."""
    quantized_repos: dict[str, str] = Field(default_factory=dict)
    """Hugging Face repositories of third parties by quantization id."""


class Model(Strict):
    """A published checkpoint."""

    id: str
    """Canonical id, and the name of its file."""
    name: str
    """Name as people write it."""
    family: str
    """Family id, e.g. `llama-3.1`."""
    size: str
    """Size label, e.g. `8b`, `11b-vision`."""
    kind: Literal["instruct", "base", "guard"]
    """Instruct models answer; base models are for tuning; guards classify."""
    role: Literal["ranked", "companion", "reference"] = "ranked"
    """Ranked models compete; companions go beside one; references are only named by a caveat or route."""
    sibling: str | None = None
    """The instruct model of a base model, or the base model of an instruct model."""
    aliases: tuple[str, ...] = ()
    """Other names people use, beyond the repository and tag names."""
    parameters: int
    """Exact number of parameters."""
    released: date
    """Release date."""
    knowledge_cutoff: str
    """Month to which its training data reaches."""
    architecture: Architecture
    """Its shape."""
    context_tokens: int
    """Longest context it was trained for, tokens."""
    inputs: tuple[Literal["text", "image", "multiple_images", "video", "audio"], ...]
    """What it can read."""
    images_per_prompt: int = 0
    """Images per prompt that its publisher recommends at most."""
    languages: Languages
    """Languages its publisher supports."""
    tools: Tools
    """Tool calling."""
    trained_for: tuple[str, ...] = ()
    """Special skills its publisher documents, e.g. `fill_in_the_middle`."""
    licence: Licence
    """Licence terms."""
    artifacts: Artifacts
    """Where to get it."""
    official_builds: tuple[OfficialBuild, ...] = ()
    """Quantized checkpoints of the same maker."""
    text_scores_from: str | None = None
    """Model whose text weights it carries unchanged, and whose text scores therefore hold for it."""
    scores: dict[str, float] = Field(default_factory=dict)
    """Published scores by benchmark id; a score never published is absent."""
    estimated_scores: tuple[EstimatedScore, ...] = ()
    """Scores estimated for ranking; always marked in the output."""
    sources: dict[str, tuple[str, ...]]
    """Source ids (see sources.yaml) by section."""
    unverified: tuple[str, ...] = ()
    """Fields not read in a source."""


class Benchmark(Strict):
    """One published measurement series; scores compare only within one."""

    id: str
    """Benchmark id."""
    name: str
    """Name, with version where versions do not compare."""
    metric: str
    """The metric."""
    shots: str = ""
    """Examples in the prompt."""
    zero: float
    """Score worth 0 (about guessing)."""
    hundred: float
    """Score worth 100."""
    text_only: bool = True
    """Whether it needs no image."""
    source: tuple[str, ...]
    """Source ids."""
    note: str = ""
    """What it may not be compared with."""
