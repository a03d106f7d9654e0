"""Python programs get the objects that the command line prints."""

from __future__ import annotations

import inspect
import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import llama_advisor
from llama_advisor import Scenario, estimate, load_rules, recommend
from llama_advisor.render.formats import asked_for
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

DAY = date(2026, 11, 24)
PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_an_answer_is_the_one_that_is_printed(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    said = {"use_cases": ["chat"], "hardware": "RTX 3060 12GB"}
    printed = run(
        "recommend", "--use-case", "chat", "--hardware", said["hardware"], "--format", "json", "--as-of", str(DAY)
    )
    for scenario in (said, Scenario.model_validate(said)):
        answer = recommend(scenario, load_rules(), as_of=DAY)
        assert asked_for(answer) == json.loads(printed.stdout)
    assert recommend(said, as_of=DAY, why=True).tipping_points


def test_an_estimate_takes_the_fields_of_a_batch_line() -> None:
    sized = estimate("llama3.1:8b", hardware="RTX 3060 12GB", context_tokens=4096)
    assert (sized.model, sized.memory.fits) == ("llama-3.1-8b-instruct", True)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: recommend({"use_cases": ["chats"]}), "unknown use case 'chats'; nearest: chat"),
        (lambda: recommend({"use_case": ["chat"]}), "unknown key 'use_case'; nearest: use_cases"),
        (lambda: estimate("9b"), "9b"),
        (lambda: estimate("8b", context="x"), "unknown key 'context'"),
    ],
)
def test_what_is_wrong_is_an_input_error(call: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        call()


def test_nothing_else_hangs_on_the_package() -> None:
    with pytest.raises(AttributeError, match="no attribute 'advise'"):
        _ = llama_advisor.advise  # type: ignore[attr-defined]


def test_the_page_lists_what_may_be_imported() -> None:
    table = "\n".join(
        line.split("|")[1] for line in PAGE.partition("\n## What a release")[0].splitlines() if "|" in line
    )
    told = dict(re.findall(r"`(\w+)(\([^`]*\))?`", table))
    assert set(told) == set(llama_advisor.__all__)
    assert set(llama_advisor.__all__) == {*llama_advisor.api.__all__, "__version__"}
    for name in ("recommend", "recommend_batch"):
        said = inspect.signature(getattr(llama_advisor, name))
        plain = [item.replace(annotation=inspect.Parameter.empty) for item in said.parameters.values()]
        assert str(inspect.Signature(plain)) == told[name]


def test_the_example_of_the_page_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (code,), (shown,) = (re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("python", "text"))
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  # the page is ours
    assert capsys.readouterr().out == shown
