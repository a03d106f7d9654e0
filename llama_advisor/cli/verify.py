"""verify: what was measured, beside what was predicted; kept for later answers where asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from llama_advisor.cli.commands import HELP
from llama_advisor.cli.estimate import FLAG_OF, FLAGS, requested
from llama_advisor.cli.options import Run, command, write
from llama_advisor.deploy.endpoint import MOST_REQUESTS, ask
from llama_advisor.deploy.readings import MOST_CHARACTERS, Readings, read
from llama_advisor.deploy.verify import verify as verified
from llama_advisor.knowledge.device import Device
from llama_advisor.render.formats import Format, as_file, to_json
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.text.errors import InputError
from llama_advisor.text.saving import file_bytes, named_bytes
from llama_advisor.text.yaml_file import parse, printable

KEPT = "measurements"
VERIFICATION = Format("verify", "verification_text")
PROMPT_TOKENS, OUTPUT_TOKENS = 256, 128
LARGEST_READING = 4 * MOST_CHARACTERS  # as UTF-8 writes a character in four bytes at most


@command("format_ output rules as_of", [flag for flag in FLAGS if flag.field not in {"fine_tuning", "tuning"}])
def verify(
    run: Run,
    said: dict[str, Any],
    file: Annotated[str | None, typer.Argument(metavar="FILE|-", help="Output of a tool; not with --url.")] = None,
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help=HELP["verify"]["model"])] = None,
    url: Annotated[str | None, typer.Option("--url", help="Ask this OpenAI-compatible server instead.")] = None,
    requests: Annotated[int, typer.Option(min=1, max=MOST_REQUESTS, help="Answers to ask --url for.")] = 3,
    key: Annotated[str | None, typer.Option("--api-key-env", metavar="NAME", help=HELP["verify"]["key"])] = None,
    keep: Annotated[str | None, typer.Option("--keep", metavar="DIR", help=HELP["verify"]["keep"])] = None,
) -> int:
    """Set a reading beside its prediction; exit code 1 where it is worse than the range."""
    if url is not None:
        if model is not None:
            raise InputError("verify: a file or --url, not both")
        file, model = None, file
    elif file is None:
        raise InputError("verify: name a file, - or --url, and the model")
    if model is None:
        raise InputError("verify: name the model that was measured, after the file")
    sizer = Sizer(run.base())
    request = requested(said | {"model": model}, FLAG_OF)
    machine = sizer.read(request).machine  # says what is wrong before anything is asked of a server
    source = read(*_text(file), sizer.base.verifying.formats) if file else _asked(url or "", requests, key, said)
    found, entries = verified(source, request, sizer, run.today)
    if keep is not None and machine is not None:
        _keep(entries, machine.device, Path(keep), sizer)
    run.show(found, lambda: VERIFICATION.writer()(found, sizer.base, run.view))
    return int(not found.holds)


def _asked(url: str, requests: int, key: str | None, said: dict[str, Any]) -> Readings:
    if said.keys() & {"concurrency", "users", "requests_per_second"}:
        raise InputError("--url asks one request after another; leave --concurrency and the like out")
    if key is not None and key not in os.environ:
        raise InputError(f"--api-key-env {printable(key)}: no such environment variable")
    usual = {"prompt_tokens": PROMPT_TOKENS, "output_tokens": OUTPUT_TOKENS}
    lengths = requested({"model": "-"} | usual | {name: said[name] for name in usual if name in said}, FLAG_OF)
    prompt, answer = min(lengths.prompt_tokens or 0, 100_000), min(max(2, lengths.output_tokens or 0), 4096)
    return ask(url, requests, prompt, answer, os.environ[key] if key else None)


def _text(file: str) -> tuple[str, str]:
    """Return a file's text and name; what is no text is kept apart by its letters, and PowerShell writes UTF-16."""
    try:
        raw = named_bytes(file, LARGEST_READING)
    except InputError as error:
        raise InputError(f"{printable(file)}: {error}") from error
    wide = raw[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return raw.decode("utf-16" if wide else "utf-8-sig", errors="replace"), "<stdin>" if file == "-" else file


def _keep(entries: list[dict[str, Any]], device: Device, folder: Path, sizer: Sizer) -> None:
    """Write the entries into the layer's file of measurements; one of the same build and lengths is replaced."""
    if not entries:
        raise InputError("--keep: there is no speed on one node to keep")
    listed = sizer.base.devices.get(device.id)
    if listed is None or listed.bandwidth_gb_s != device.bandwidth_gb_s:
        raise InputError("--keep: name a device that is listed, or add it to the layer first")
    if folder.resolve() == sizer.base.layers[0].root.resolve():
        raise InputError("--keep: these are the shipped rules; name a folder of your own")
    path = folder / f"{KEPT}.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = file_bytes(path).decode() if path.exists() else "{}"
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise InputError(f"--keep {printable(path)}: {printable(error)}") from error
    data = parse(text, str(path)).data
    before = data.get(KEPT, []) if isinstance(data, dict) else None
    named = isinstance(before, list) and all(
        isinstance(item, dict) and isinstance(item.get("id"), str) for item in before
    )
    if not isinstance(before, list) or not named:
        raise InputError(f"--keep {printable(path)}: it holds no `{KEPT}:` with a list of entries")
    new = {entry["id"] for entry in entries}
    kept = [*(item for item in before if item["id"] not in new), *entries]
    lines = [f"  - {to_json(item, indent=None)}" for item in kept]
    others = as_file({name: value for name, value in data.items() if name != KEPT})
    write("\n".join([*others, f"{KEPT}:", *lines]) + "\n", str(path), "--keep ")
