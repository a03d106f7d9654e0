"""What it is for, in people's own words: right or offered, and never a silent guess."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import yaml

from llama_advisor.interview.sentence import read_sentence
from llama_advisor.interview.uses import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from llama_advisor.interview.answers_cache import Outlook

RIGHT_OR_OFFERED = 0.95
SLOWEST_S = 0.5  # of the processor, for a reader that needs some milliseconds


def test_sentences_are_right_or_offered_and_never_wrong(outlook: Outlook, root: Path) -> None:
    said = yaml.safe_load((root / "tests/data/use_sentences.yaml").read_text("utf-8"))
    vocabulary = outlook.base.kept(Vocabulary)
    good, wrong = 0, []
    for sentence in said:
        found = vocabulary.read(sentence["say"].lower())
        meant = set(sentence["is"])
        taken_right = meant.issuperset(found.taken) and set(sentence.get("all", ())) <= set(found.taken)
        wrong += [sentence["say"]] if found.taken and not taken_right else []
        good += taken_right if found.taken else not meant.isdisjoint(found.near)
    assert wrong == []
    assert good / len(said) >= RIGHT_OR_OFFERED


def test_a_sentence_of_mostly_unknown_words_is_not_clear(outlook: Outlook) -> None:
    vocabulary = outlook.base.kept(Vocabulary)
    assert vocabulary.read("translate with quillons").taken == ("translation",)
    found = vocabulary.read("translate quillons between ferrules and gussets")
    assert (found.taken, found.near[:1]) == ((), ("translation",))


def test_every_use_is_among_the_sentences_and_has_words(outlook: Outlook, root: Path) -> None:
    said = yaml.safe_load((root / "tests/data/use_sentences.yaml").read_text("utf-8"))
    meant = {name for sentence in said for name in sentence["is"]}
    assert meant == {*outlook.base.use_cases}
    assert all(case.words for case in outlook.base.use_cases.values())


def test_the_longest_sentence_is_read_at_once(outlook: Outlook) -> None:
    for text in ("images of products " * 26, "1k 2x 3 GB " * 45, "8b q4 unknwon " * 35):
        start = process_time()
        read_sentence(text[:500], outlook.base)
        assert process_time() - start < SLOWEST_S
