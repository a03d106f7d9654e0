"""A published checkpoint: architecture, exact size, limits, licence and published scores."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from llama_advisor.text.record import EMPTY, Record
from llama_advisor.text.strict import ArchitectureKind, Modality


class Vision(Record):
    """The image path of a vision model, added to an unchanged text model."""

    cross_attention_layers: Annotated[int, "Layers that read the image, beside the self-attention layers."]
    encoder_parameters: Annotated[int, "Parameters of the vision encoder."]
    projector_parameters: Annotated[int, "Parameters of the projector from encoder to text width."]
    cross_attention_parameters: Annotated[int, "Parameters of all cross-attention layers."]
    tokens_per_image: Annotated[
        int, "Cache positions one image takes in each cross-attention layer (padded to the most tiles)."
    ]
    tile_px: Annotated[int, "Side of one square tile, pixels."]
    max_tiles: Annotated[int, "Most tiles one image is cut into."]


class Architecture(Record):
    """The shape from which weights and KV cache are computed."""

    kind: Annotated[ArchitectureKind, "Name of the architecture as engines know it."]
    layers: Annotated[int, "Self-attention layers; cross-attention layers are counted under `vision`."]
    hidden_size: Annotated[int, "Width of the residual stream."]
    ffn_size: Annotated[int, "Width of the feed-forward layer."]
    attention_heads: Annotated[int, "Query heads per layer."]
    kv_heads: Annotated[int, "Key and value heads per layer."]
    head_dim: Annotated[int, "Width of one head."]
    vocab_size: Annotated[int, "Rows of the embedding table."]
    extra_embedding_rows: Annotated[
        int, "Rows of the input embedding beyond the vocabulary (vision models have 8)."
    ] = 0
    tied_embeddings: Annotated[bool, "Whether the output head shares the input embedding's weights."]
    vision: Annotated[Vision | None, "The image path, if the model has one."] = None


class Languages(Record):
    """Supported languages (ISO 639-1), by kind of prompt."""

    text: Annotated[tuple[str, ...], "For prompts of text alone."]
    image: Annotated[tuple[str, ...], "For prompts with an image."] = ()


class Tools(Record):
    """What the checkpoint was trained to do with tools."""

    trained: Annotated[bool, "Whether tool calling is documented for the checkpoint."]
    with_image: Annotated[bool, "Whether a tool call works when the prompt holds an image."] = False
    formats: Annotated[tuple[str, ...], "Call formats: json, function-tag, pythonic."] = ()
    builtin: Annotated[tuple[str, ...], "Built-in tools it knows by name."] = ()
    mixed_chat: Annotated[bool, "Whether the publisher stands by chat and tool definitions in one prompt."] = True
    note: Annotated[str, "A documented limit, in one sentence."] = ""


class Licence(Record):
    """Terms that can decide a choice; not legal advice."""

    name: Annotated[str, "Name of the licence."]
    url: Annotated[str, "Where its text is."]
    monthly_active_users_limit: Annotated[
        int | None, "Licensees above this many monthly active users at `tested_on` must ask for a licence."
    ] = None
    tested_on: Annotated[date | None, "The day at which the user limit is tested."] = None
    open_source: Annotated[bool, "Whether it is an open-source licence."] = False
    eu_domiciled_licensee: Annotated[bool, "Whether people and companies domiciled in the EU are granted rights."]
    attribution: Annotated[str, "What must be shown when the model or a product with it is distributed."] = ""


class OfficialBuild(Record):
    """A quantized checkpoint published by the model's own maker, with its own size and scores."""

    quantization: Annotated[str, "Id of the quantization."]
    hf_repo: Annotated[str, "Hugging Face repository."]
    stored_as: Annotated[str, "How its files are stored; see `published`."] = "safetensors"
    weights_bytes: Annotated[int, "Size of the weights as published, bytes."]
    context_tokens: Annotated[int | None, "Context it is limited to, where shorter than the model's."] = None
    parameters_extra: Annotated[int, "Parameters added by adapters."] = 0
    scores: Annotated[dict[str, float], "Published scores by benchmark id."] = EMPTY


class EstimatedScore(Record):
    """A score nobody published, estimated for ranking only."""

    benchmark: Annotated[str, "Benchmark id."]
    value: Annotated[float, "The estimate, in the benchmark's own unit."]
    how: Annotated[str, "How it was estimated, in one sentence."]


class Published(Record):
    """A quantized file or repository that was seen published."""

    quantization: Annotated[str, "Id of the quantization."]
    stored_as: Annotated[str, "How it is stored, as engines say what they load: `gguf`, `ollama`, `awq` …"]
    name: Annotated[str, "Hugging Face repository, or a tag in another library, which has no slash."]
    file: Annotated[str | None, "File in the repository, or the pattern of its name, where it holds several."] = None
    gated: Annotated[bool, "Whether it is handed out only to accounts that accepted the licence."] = False


class Artifacts(Record):
    """Where the weights are found."""

    hf_repo: Annotated[str, "Hugging Face repository of the original weights."]
    gated: Annotated[bool, "Whether that is handed out only to accounts that accepted the licence."] = False
    published: Annotated[tuple[Published, ...], "Files seen published, best known first; never composed."] = ()


class Model(Record):
    """A published checkpoint."""

    id: Annotated[str, "Canonical id, and the name of its file."]
    name: Annotated[str, "Name as people write it."]
    family: Annotated[str, "Family id, e.g. `llama-3.1`."]
    size: Annotated[str, "Size label, e.g. `8b`, `11b-vision`."]
    kind: Annotated[
        Literal["instruct", "base", "guard"], "Instruct models answer; base models are for tuning; guards classify."
    ]
    role: Annotated[
        Literal["ranked", "companion", "reference"],
        "Ranked models compete; companions go beside one; references are only named by a caveat or route.",
    ] = "ranked"
    sibling: Annotated[str | None, "The instruct model of a base model, or the base model of an instruct model."] = None
    aliases: Annotated[tuple[str, ...], "Other names people use, beyond the repository and tag names."] = ()
    parameters: Annotated[int, "Exact number of parameters."]
    released: Annotated[date, "Release date."]
    knowledge_cutoff: Annotated[str, "Month to which its training data reaches."]
    architecture: Annotated[Architecture, "Its shape."]
    context_tokens: Annotated[int, "Longest context it was trained for, tokens."]
    inputs: Annotated[tuple[Modality, ...], "What it can read."]
    images_per_prompt: Annotated[int, "Images per prompt that its publisher recommends at most."] = 0
    languages: Annotated[Languages, "Languages its publisher supports."]
    tools: Annotated[Tools, "Tool calling."]
    ruler: Annotated[
        tuple[tuple[int, float], ...], "Tokens and RULER score of recall over a prompt so long, shortest first."
    ] = ()
    licence: Annotated[Licence, "Licence terms."]
    artifacts: Annotated[Artifacts, "Where to get it."]
    official_builds: Annotated[tuple[OfficialBuild, ...], "Quantized checkpoints of the same maker."] = ()
    text_scores_from: Annotated[
        str | None, "Model whose text weights it carries unchanged, and whose text scores therefore hold for it."
    ] = None
    scores: Annotated[dict[str, float], "Published scores by benchmark id; a score never published is absent."] = EMPTY
    estimated_scores: Annotated[
        tuple[EstimatedScore, ...], "Scores estimated for ranking; always marked in the output."
    ] = ()
    sources: Annotated[dict[str, tuple[str, ...]], "Source ids (see sources.yaml) by section."]
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()

    @cached_property
    def published(self) -> dict[str, tuple[Published, ...]]:
        """Published files by quantization, those of its own maker first."""
        gated, found = self.artifacts.gated, dict[str, tuple[Published, ...]]()
        for build in self.official_builds:
            own = Published(quantization=build.quantization, stored_as=build.stored_as, name=build.hf_repo, gated=gated)
            found[build.quantization] = (own,)
        for item in self.artifacts.published:
            found[item.quantization] = (*found.get(item.quantization, ()), item)
        return found


class Benchmark(Record):
    """One published measurement series; scores compare only within one."""

    id: Annotated[str, "Benchmark id."]
    name: Annotated[str, "Name, with version where versions do not compare."]
    metric: Annotated[str, "The metric."]
    shots: Annotated[str, "Examples in the prompt."] = ""
    zero: Annotated[float, "Score worth 0 (about guessing)."]
    hundred: Annotated[float, "Score worth 100."]
    text_only: Annotated[bool, "Whether it needs no image."] = True
    language: Annotated[str, "Language of its questions, by code, where it is not English."] = ""
    source: Annotated[tuple[str, ...], "Source ids."]
    note: Annotated[str, "What it may not be compared with."] = ""
