"""Text to image: prompts of one and two things, rewritten and painted, all of them held against the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bench.quality.measures.agreement import FactKind, facts
from bench.quality.picture import Picture
from bench.quality.subjects.message import wish
from bench.quality.subjects.strategy import BOTH
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.score import Outcome, Tally
from export.training.sheet import Tile
from export.training.world import Brief

SUITE = "text-to-image"
RIGHT: Final = "all shapes and colours right"
WORDS: Final = "position and size words right"
ALL_FACTS: Final = "all that is said shown"
_LOOKS: Final = (FactKind.COLOUR, FactKind.SHAPE)
# What a prompt says of where and how large things are.
_WORDS: Final = {FactKind.SIZE: "size words", FactKind.PLACE: "position words", FactKind.RELATION: "position words"}
ALL_WORDS: Final = "position and size words"
_SHOWN = 8


def text_to_image(subject: Subject, groups: Mapping[str, Sequence[Brief]], *, seed: int) -> Outcome:
    """Briefs by setting; picture i of all has the seed `seed` + i. Words are judged one by one, the rest by picture."""
    tally, outcome = Tally(SUITE), Outcome()
    cases = [(setting, brief) for setting, briefs in groups.items() for brief in briefs]
    messages = [wish(brief.text, BOTH, seed + number) for number, (_, brief) in enumerate(cases)]
    for (setting, brief), picture in zip(cases, pictures(subject, messages, SUITE), strict=True):
        right = _measure(tally, setting, brief, picture)
        outcome.show(_SHOWN, Tile(brief.text, picture, right=right), setting=setting)
    outcome.scores.extend(tally.scores())
    return outcome


def _measure(tally: Tally, setting: str, brief: Brief, picture: Picture) -> bool:
    """One picture's numbers; true where it shows all that is said."""
    found = facts(picture, brief)
    right = all(fact.shown for fact in found if fact.kind in _LOOKS)
    complete = all(fact.shown for fact in found)
    tally.add((setting,), {RIGHT: right, ALL_FACTS: complete})
    for fact in found:
        if fact.kind in _WORDS:
            tally.add((ALL_WORDS, _WORDS[fact.kind]), {WORDS: fact.shown})
    return complete
