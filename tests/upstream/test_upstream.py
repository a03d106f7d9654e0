"""Each reader on a small source made up for it, the command that runs them, and the check of a command."""

from __future__ import annotations

import ast
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
import derive
from families import FAMILIES, Packages, derived
from options import unknown_options
from other_source import clap, cobra, compared, gflags, go_variables, llama_cpp, web_llm
from python_source import annotated_parameters, click_options, declared, fields, marked_fields, nested_fields, part

from llama_advisor.knowledge.engine import Program

ARG_CPP = """
    add_opt(common_arg(
        {"-c", "--ctx-size"}, "N",
        "size"
    ).set_env("LLAMA_ARG_CTX_SIZE"));
    add_opt(common_arg(
        {"--warmup"},
        {"--no-warmup"},
        "try {once} first"
    ).set_examples({LLAMA_EXAMPLE_SERVER, LLAMA_EXAMPLE_CLI}));
    add_opt(common_arg(
        {"--chunks"}, "N", "for another program"
    ).set_examples({LLAMA_EXAMPLE_PERPLEXITY}).set_env("LLAMA_ARG_CHUNKS"));
    add_opt(common_arg(
        {"--color"}, "not for the server"
    ).set_excludes({LLAMA_EXAMPLE_SERVER}));
"""

ARGS_RS = """
struct Other {
    #[clap(long)]
    no: u8,
}
struct Args {
    /// Port.
    #[clap(default_value = "1", long, short, env)]
    port: u16,
    #[clap(long, env, value_enum)]
    num_shard: Option<usize>,
}
"""


def test_argparse() -> None:
    tree = ast.parse("""
class Owner:
    def add_cli_args(parser):
        parser.add_argument("model")
        group.add_argument("--model-path", "-m", type=str)
        group.add_argument("--cache", action=argparse.BooleanOptionalAction)
def other(parser):
    parser.add_argument("--elsewhere")
""")
    assert declared(part(tree, "Owner.add_cli_args")) == {"--model-path", "-m", "--cache", "--no-cache"}


def test_click() -> None:
    tree = ast.parse("""
@click.command("serve")
@click.argument("model")
@click.option("--tp_size", "--tensor_parallel_size", type=int)
def serve(model, tp_size): ...
@click.option("--elsewhere")
def other(): ...
""")
    assert click_options(part(tree, "serve")) == {"--tp_size", "--tensor_parallel_size"}


def test_fields_of_dataclasses() -> None:
    tree = ast.parse("""
class Inner:
    limit: int = 1
class Outer:
    name: str
    _hidden: int = 0
    KINDS: ClassVar[list] = []
    inner: Optional[Inner] = None
""")
    assert fields(tree, "Outer") == {"name": "str", "inner": "Optional[Inner]"}
    assert nested_fields(tree, "Outer") == {"name", "inner.limit"}


def test_fields_with_a_mark() -> None:
    tree = ast.parse("""
class Model:
    plain: int = 1
    model_path: A[str, Arg(help="Path.", aliases=["--model"])]
    fp8_backend: A[str, Arg(help="Kernel.", cli_name="--fp8-gemm")] = "auto"
    port: A[int, "The port."] = 1
    long: A[int, "The " f"{thing}."] = 1
    internal: A[bool, Arg(no_cli=True)] = False
""")
    assert marked_fields(tree) == {"--model-path", "--model", "--fp8-gemm", "--port", "--long"}


def test_annotated_parameters() -> None:
    tree = ast.parse("""
def download(repo: Annotated[str, Argument(help="Repository.")],
             local_dir: Annotated[str | None, Option(help="Folder.")] = None,
             kind: KindOpt = None, port: Annotated[int, typer.Option("--port", "-p")] = 1): ...
""")
    shared = ast.parse('KindOpt = Annotated[str, Option("--type", "--repo-type")]')
    assert annotated_parameters(part(tree, "download"), shared) == {
        *("--local-dir", "--type", "--repo-type", "--port", "-p")
    }


def test_llama_cpp() -> None:
    assert llama_cpp(ARG_CPP, "SERVER") == ({"-c", "--ctx-size", "--warmup", "--no-warmup"}, {"LLAMA_ARG_CTX_SIZE"})
    assert "--color" in llama_cpp(ARG_CPP, "CLI")[0]


def test_other_languages() -> None:
    assert compared('if (arg == "-m" || arg == "--model") { }') == {"-m", "--model"}
    assert gflags('DEFINE_string(\n    model_path,\n    "a");\nDEFINE_int32(seq_len, 1, "b");') == {
        *("--model_path", "--seq_len")
    }
    go = 'runCmd.Flags().BoolP("verbose", "v", false)\nrunCmd.Flags().String("format", "")\nb.Flags().Bool("no")'
    assert cobra(go, "runCmd") == {"--verbose", "-v", "--format"}
    assert go_variables('"OLLAMA_HOST":  {"OLLAMA_HOST", Host(), "x"}, "A": {"B"}') == {"OLLAMA_HOST"}
    assert clap(ARGS_RS) == {"--port", "-p", "--num-shard"}
    assert web_llm('model_id: "Llama-3.2-1B-MLC", model_id: "Other-MLC"', "Llama-3.") == {"Llama-3.2-1B-MLC"}


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Two releases of a package and one of another, as they lie there after unpacking."""
    for version, option in (("0.9.0", "--old"), ("0.33.0", "--new")):
        engine = tmp_path / f"vllm-{version}/vllm/engine/arg_utils.py"
        for file, text in {
            engine: f'class EngineArgs:\n    def add_cli_args(p): p.add_argument("{option}")\n'
            "class AsyncEngineArgs:\n    def add_cli_args(p): p.add_argument('--log')\n",
            engine.parents[1]
            / "entrypoints/openai/cli_args.py": "class FrontendArgs:\n    api_key: str\n    docs: bool\n"
            'def make_arg_parser(p): p.add_argument("--config")\n',
            engine.parents[1] / "config/cache.py": "class CacheConfig:\n    new: bool = True\n",
            engine.parents[1] / "envs.py": 'variables = {"VLLM_PORT": 1}',
            engine.parents[1] / "benchmarks/serve.py": 'p.add_argument("--rate")',
            engine.parents[1] / "benchmarks/datasets.py": 'def add_dataset_parser(p): p.add_argument("--seed")',
        }.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    server = tmp_path / "mlx_vlm-1.0/mlx_vlm/server/cli.py"
    server.parent.mkdir(parents=True)
    server.write_text('p.add_argument("--model")', encoding="utf-8")
    (server.parents[1] / "convert.py").write_text("", encoding="utf-8")
    return tmp_path


def test_a_family_is_read_in_all_its_releases(packages: Path) -> None:
    found = {name: item for name, _, _, item in derived("vllm", Packages(packages))}
    assert list(found) == ["vllm serve", "vllm serve 0.9.0", "vllm bench serve", "vllm bench serve 0.9.0"]
    shared = {"--api-key", "--docs", "--no-docs", "--config", "--log"}
    assert found["vllm serve"] == ({*shared, "--new", "--no-new"}, {"VLLM_PORT"})
    assert found["vllm serve 0.9.0"].options == {*shared, "--old"}
    assert found["vllm bench serve"].options == {"--rate", "--seed"}


def test_what_is_printed_is_data(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert derive.main([str(packages), "--engine", "mlx"]) == 0
    server = yaml.safe_load(capsys.readouterr().out)["programs"][1]
    assert (server["id"], server["version"], server["options"]) == ("mlx_vlm.server", "1.0", "--model")
    assert derive.main([str(packages), "--engine", "sglang"]) == 0
    assert not capsys.readouterr().out


def test_a_command_stands_in_one_file() -> None:
    commands = [program.command for family in FAMILIES.values() for program in family]
    assert len(set(commands)) == len(commands)


def program(options: str, version: str = "2", environment: str = "", *also: str) -> Program:
    return Program(
        id="x",
        version=version,
        package="x",
        options=options,
        environment=environment,
        also=also,
        source=(),
        read=date.min,
    )


PROGRAMS = {
    "serve": program("--port -p --no-cache", "2", "SERVE_HOST", "python3 -m serve.server"),
    "serve 1": program("--old-port", "1"),
    "serve model": program("--name"),
    "convert": program("--config base.model"),
}


@pytest.mark.parametrize(
    ("line", "version", "unknown"),
    [
        ("serve {hf_repo} --port 1 -p 2 --no-cache", "", []),
        ("serve --ports=1 --port=2", "", ["--ports"]),
        ("serve --po 1", "", ["--po"]),
        ("python -m serve.server --prot 1", "", ["--prot"]),
        ("SERVE_HOST=a HF_TOKEN=b serve -1 '--'", "", []),
        ("SERVE_HOTS=a serve", "", ["SERVE_HOTS"]),
        ("serve --old-port 1", "1", []),
        ("serve --port 1", "1", ["--port"]),
        ("serve --port 1", "0.5", []),
        ("serve model --port 1 --name x", "", ["--port"]),
        ("pip install -U serve && serve --prot 1 | other --flag", "", ["--prot", "--flag"]),
        ("convert --config a +base.model=b ++base.modle=c", "", ["base.modle"]),
        ("served --port 1", "", ["--port"]),
    ],
)
def test_unknown_options(line: str, version: str, unknown: list[str]) -> None:
    assert unknown_options(line, PROGRAMS, version) == unknown
