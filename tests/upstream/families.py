"""Which file of a package declares the options of which program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from other_source import clap, cobra, compared, gflags, go_variables, llama_cpp, web_llm
from python_source import (
    annotated_parameters,
    click_options,
    declared,
    fields,
    marked_fields,
    nested_fields,
    off,
    option,
    part,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Packages:
    """A folder of unpacked packages, each in a folder named `package-version`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def versions(self, package: str) -> list[str]:
        """Versions of a package that lie there, newest first."""
        names = [path.name for path in self.folder.glob(f"{package}-[0-9]*")]
        return sorted((name[len(package) + 1 :] for name in names), key=_order, reverse=True)

    def root(self, package: str, version: str = "") -> Path:
        """Folder of a package, of its newest version unless one is named."""
        return self.folder / f"{package}-{version or self.versions(package)[0]}"


def _order(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


class Found(NamedTuple):
    """What the source of a program declares."""

    options: set[str]
    environment: frozenset[str] | set[str] = frozenset()


class Declared(NamedTuple):
    """Where the options of a program are declared."""

    command: str
    package: str
    read: Callable[[Path, Packages], Found]
    also: tuple[str, ...] = ()


def _argparse(*files: str) -> Callable[[Path, Packages], Found]:
    """Return the reader of options that files declare with argparse."""
    return lambda root, _: Found({name for file in files for name in declared(read(root / file))})


def _vllm_serve(root: Path, _: Packages) -> Found:
    old = root / "vllm/entrypoints/openai/cli_args.py"
    frontend = read(old if old.exists() else root / "vllm/entrypoints/common/cli_args.py")
    classes = ["FrontendArgs"] + ([] if old.exists() else ["BaseFrontendArgs"])
    own = {field: text for name in classes for field, text in fields(frontend, name).items()}
    engine = read(root / "vllm/engine/arg_utils.py")
    parameters = {
        name for owner in ("EngineArgs", "AsyncEngineArgs") for name in declared(part(engine, f"{owner}.add_cli_args"))
    }
    switches = {option(field) for field, text in own.items() if "bool" in text}
    switches |= {name for name in parameters if name[2:].replace("-", "_") in _switches(root / "vllm/config")}
    names = {option(field) for field in own} | declared(part(frontend, "make_arg_parser")) | parameters
    return Found(names | off(switches), set(re.findall(r'"(VLLM_\w+)":', (root / "vllm/envs.py").read_text("utf-8"))))


def _switches(folder: Path) -> set[str]:
    """Fields of the configuration that are true or false: their options come in pairs."""
    found: set[str] = set()
    for file in sorted(folder.glob("*.py")):
        found |= set(re.findall(r"^    (\w+): bool\b", file.read_text("utf-8"), re.MULTILINE))
    return found


def _vllm_bench(root: Path, _: Packages) -> Found:
    below = root / "vllm/benchmarks"
    datasets = below / "datasets.py"
    files = [datasets] if datasets.exists() else sorted((below / "datasets").glob("*.py"))
    parsers = [tree for tree in map(read, files) if "add_dataset_parser" in {getattr(x, "name", "") for x in tree.body}]
    return Found(declared(read(below / "serve.py")).union(*map(declared, parsers)))


def _sglang_serve(root: Path, _: Packages) -> Found:
    below = root / "sglang/srt"
    options = declared(part(read(below / "server_args.py"), "ServerArgs.add_cli_args"))
    return Found(options.union(*(marked_fields(read(file)) for file in (below / "arg_groups/fields").glob("*.py"))))


def _transformers_serve(root: Path, _: Packages) -> Found:
    return Found(annotated_parameters(part(read(root / "transformers/cli/serve.py"), "Serve.__init__")))


def _hf(file: str, function: str) -> Callable[[Path, Packages], Found]:
    def found(root: Path, _: Packages) -> Found:
        below = root / "huggingface_hub/cli"
        return Found(annotated_parameters(part(read(below / file), function), read(below / "_cli_utils.py")))

    return found


def _trl_sft(root: Path, packages: Packages) -> Found:
    """Fields of the dataclasses; what is left over goes to the launcher."""
    places = (
        (root / "trl/scripts/utils.py", "ScriptArguments"),
        (root / "trl/scripts/utils.py", "DatasetMixtureConfig"),
        (root / "trl/trainer/model_config.py", "ModelConfig"),
        (root / "trl/trainer/sft_config.py", "SFTConfig"),
        (root / "trl/trainer/base_config.py", "_BaseConfig"),
        (packages.root("transformers") / "transformers/training_args.py", "TrainingArguments"),
    )
    names = {field for path, owner in places for field in fields(read(path), owner)}
    launcher = declared(read(packages.root("accelerate") / "accelerate/commands/launch.py"))
    return Found({f"--{name}" for name in names} | {"--config", "--accelerate_config"} | launcher)


def _llama_cpp(program: str) -> Callable[[Path, Packages], Found]:
    def found(root: Path, _: Packages) -> Found:
        return Found(*llama_cpp((root / "vendor/llama.cpp/common/arg.cpp").read_text("utf-8"), program))

    return found


def _text(file: str, reader: Callable[[str], set[str]]) -> Callable[[Path, Packages], Found]:
    """Return the reader of one file as text."""
    return lambda root, _: Found(reader((root / file).read_text("utf-8")))


def _ollama(command: str) -> Callable[[Path, Packages], Found]:
    def found(root: Path, _: Packages) -> Found:
        variables = go_variables((root / "envconfig/config.go").read_text("utf-8"))
        return Found(cobra((root / "cmd/cmd.go").read_text("utf-8"), f"{command}Cmd"), variables)

    return found


def _export_llm(root: Path, _: Packages) -> Found:
    below = root / "executorch/extension/llm/export"
    return Found(
        nested_fields(read(below / "config/llm_config.py"), "LlmConfig") | declared(read(below / "export_llm.py"))
    )


FAMILIES: dict[str, tuple[Declared, ...]] = {
    "vllm": (
        Declared("vllm serve", "vllm", _vllm_serve),
        Declared("vllm bench serve", "vllm", _vllm_bench),
    ),
    "sglang": (
        Declared("sglang serve", "sglang", _sglang_serve, also=("python3 -m sglang.launch_server",)),
        Declared("python3 -m sglang.bench_serving", "sglang", _argparse("sglang/benchmark/serving.py")),
    ),
    "transformers": (
        Declared("transformers serve", "transformers", _transformers_serve),
        Declared("trl sft", "trl", _trl_sft),
        Declared("hf download", "huggingface_hub", _hf("download.py", "download")),
        Declared("hf auth login", "huggingface_hub", _hf("auth.py", "auth_login")),
    ),
    "mlx": (
        *(
            Declared(f"mlx_lm.{name}", "mlx_lm", _argparse(f"mlx_lm/{name}.py"))
            for name in ("benchmark", "convert", "fuse", "generate", "lora", "server")
        ),
        Declared("mlx_vlm.convert", "mlx_vlm", _argparse("mlx_vlm/convert.py")),
        Declared("mlx_vlm.server", "mlx_vlm", _argparse("mlx_vlm/server/cli.py")),
    ),
    "llama.cpp": (
        Declared("llama-server", "llama-cpp-python", _llama_cpp("SERVER")),
        Declared("llama-cli", "llama-cpp-python", _llama_cpp("CLI")),
        Declared(
            "llama-bench", "llama-cpp-python", _text("vendor/llama.cpp/tools/llama-bench/llama-bench.cpp", compared)
        ),
    ),
    "openvino": (
        Declared("optimum-cli export openvino", "optimum_intel", _argparse("optimum/commands/export/openvino.py")),
    ),
    "executorch": (Declared("python -m extension.llm.export.export_llm", "executorch", _export_llm),),
    "executorch-runner": (
        Declared("llama_main", "executorch-source", _text("examples/models/llama/main.cpp", gflags)),
    ),
    "webllm": (Declared("web-llm", "web-llm", _text("lib/index.js", lambda text: web_llm(text, "Llama-3."))),),
    "ollama": tuple(Declared(f"ollama {name}", "ollama", _ollama(name)) for name in ("create", "pull", "run", "serve")),
    "tgi": (Declared("text-generation-launcher", "text-generation-inference", _text("launcher/src/main.rs", clap)),),
    "tensorrt-llm": (
        Declared(
            "trtllm-serve",
            "TensorRT-LLM",
            lambda root, _: Found(click_options(part(read(root / "tensorrt_llm/commands/serve.py"), "serve"))),
        ),
    ),
}
"""Programs by the file of `rules/programs/` that they stand in; what is not on an index is read from a checkout."""


def derived(family: str, packages: Packages) -> Iterator[tuple[str, str, Declared, Found]]:
    """Yield id, version, place and options of each program of a family whose package lies there, newest first."""
    for program in FAMILIES[family]:
        for index, version in enumerate(packages.versions(program.package)):
            name = f"{program.command} {version}" if index else program.command
            yield name, version, program, program.read(packages.root(program.package, version), packages)
