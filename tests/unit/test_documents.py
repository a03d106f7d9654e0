"""YAML and JSON: 1.2 scalars, duplicate keys, positions, hostile files."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import MAX_BYTES, parse, printable

NESTED = "a: 1\nb:\n  c: 2\n  d: [1, 2]\ne:\n  - {f: 1, g: 2}\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("false", False),
        ('"true"', "true"),
        ("null", None),
        ("~", None),
        ("", None),
        ('""', ""),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ('"12"', "12"),
        ("12:30", "12:30"),
        ("2026-11-24", "2026-11-24"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("32k", "32k"),
        ("3.1", 3.1),
        ("3.1.2", "3.1.2"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    read = parse(f"key: {text}", "file").data["key"]
    assert (read, type(read)) == (value, type(value))


def test_json_is_read_as_it_stands() -> None:
    assert parse('{"a": [1, 2.5, true, null, "no"], "b": {"c": "\\u00e9"}}', "file").data == {
        "a": [1, 2.5, True, None, "no"],
        "b": {"c": "é"},
    }


def test_merge_keys_and_tags_execute_nothing() -> None:
    assert parse("a: !!python/object/apply:os.system [ls]", "file").data == {"a": ["ls"]}
    assert parse("a: &x {b: 1}\nc: {<<: *x}", "file").data == {"a": {"b": 1}, "c": {"<<": {"b": 1}}}


def test_an_empty_file_is_nothing() -> None:
    assert parse("", "file").data is None
    assert parse("# words only\n", "file").data is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: duplicate key 'a'"),
        ("x:\n  - {k: 1, k: 2}\n", "f.yaml:2:12: duplicate key 'k'"),
        ('{"a": 1, "a": 2}', "f.yaml:1:10: duplicate key 'a'"),
        ("? [a, b]\n: 1\n", "f.yaml:1:3: a key must be a plain word"),
        ("a: [1, 2\nb: 3\n", "f.yaml:2:2: not valid YAML"),
        ("a: 1\n\tb: 2\n", "f.yaml:2:1: not valid YAML"),
        ("a: *nowhere\n", "f.yaml:1:4: not valid YAML"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: not valid YAML"),
        ("a: @b\n", "f.yaml:1:4: not valid YAML"),
    ],
)
def test_errors_name_the_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "f.yaml")
    assert str(caught.value).startswith(message)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("loc", "place"),
    [
        ((), "f.yaml:1:1"),
        (("a",), "f.yaml:1:4"),
        (("b", "c"), "f.yaml:3:6"),
        (("b", "d", 1), "f.yaml:4:10"),
        (("e", 0, "g"), "f.yaml:6:15"),
    ],
)
def test_where_points_at_the_value(loc: tuple[Any, ...], place: str) -> None:
    assert parse(NESTED, "f.yaml").where(loc) == place


@pytest.mark.parametrize(
    ("loc", "place"), [(("b", "missing"), "f.yaml:3:3"), (("b", "d", 7), "f.yaml:4:6"), (("x", "y"), "f.yaml:1:1")]
)
def test_where_points_at_the_parent_of_what_is_missing(loc: tuple[Any, ...], place: str) -> None:
    assert parse(NESTED, "f.yaml").where(loc) == place


def test_columns_are_counted_in_characters() -> None:
    document = parse("é: {ü: 1, model: x}\n", "f.yaml")
    assert document.error(("é", "model"), "wrong") == "f.yaml:1:18: wrong"


def test_control_characters_never_reach_a_message() -> None:
    hostile = "a\x1b[31mred\x07\u202eevil\u2028line\nnext"
    assert printable(hostile) == "a?[31mred??evil?line next"
    with pytest.raises(InputError) as caught:
        parse('"k\\e[31m": 1\n"k\\e[31m": 2\n', "na\x1bme.yaml")
    assert str(caught.value).startswith("na?me.yaml:2:1: duplicate key")
    assert str(caught.value).isprintable()


def test_raw_control_characters_in_a_file_are_refused() -> None:
    with pytest.raises(InputError, match="not valid YAML"):
        parse("a: \x1b[31m\n", "file")


def test_a_file_that_nests_too_deeply_is_refused() -> None:
    with pytest.raises(InputError, match=r"file:1:62: nested too deeply"):
        parse("[" * 100 + "]" * 100, "file")


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(InputError, match="too many values"):
        parse("\n".join(lines), "file")


def test_an_alias_within_itself_is_refused() -> None:
    with pytest.raises(InputError, match=r"nested too deeply|not valid YAML"):
        parse("a: &a [*a]", "file")


def test_a_large_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InputError, match="larger than 5 MB"):
        parse("#" * (MAX_BYTES + 1), "file")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_ten_thousand_levels_are_an_error_not_a_crash(opening: str) -> None:
    code = (
        "import sys; from llama_advisor.text.yaml_file import parse; from llama_advisor.text.errors import InputError\n"
        "try: parse(sys.argv[1] * 10_000, 'file')\n"
        "except InputError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, opening], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("file")


def test_a_number_of_five_thousand_digits_is_an_input_error() -> None:
    with pytest.raises(InputError):
        parse(f"context_tokens: {'9' * 5000}", "file")
