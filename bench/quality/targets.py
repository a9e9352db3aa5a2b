"""What is promised of the model, held against what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.quality.subjects.strategy import BOTH, DIRECT
from bench.quality.suites import (
    conversation,
    diversity,
    editing,
    references,
    restoration,
    scenes,
    sightings,
    text_to_image,
    understanding,
    wishes,
)
from bench.quality.suites.score import Outcome
from export.training.world.damage import Damage


class Unit(StrEnum):
    """What a target is measured in; shares and points are of 1, shown as hundredths."""

    SHARE = "%"
    POINTS = "points"
    DECIBEL = "dB"
    DISTANCE = ""


Scores = Mapping[tuple[str, str, str], float]
"""Values by suite, setting and measure."""


@dataclass(frozen=True, slots=True)
class Target:
    """A row: `measured` finds its value, None where its suite has not run; met from `least` on, `above` it if set."""

    name: str
    measured: Callable[[Scores], float | None]
    least: float
    unit: Unit
    above: bool = False

    @property
    def promised(self) -> str:
        """In words: `at least 95 %`."""
        return f"{'above' if self.above else 'at least'} {self.shown(self.least)}"

    def shown(self, value: float) -> str:
        """A value in the target's unit."""
        scale = 100 if self.unit in (Unit.SHARE, Unit.POINTS) else 1
        digits = 1 if scale == 100 else 3 if self.unit is Unit.DISTANCE else 2
        text = f"{value * scale:.{digits}f}".rstrip("0").rstrip(".")
        return f"{text} {self.unit.value}".strip()


@dataclass(frozen=True, slots=True)
class Result:
    """A target and its value in one run; `met` is None where it was not measured."""

    target: Target
    value: float | None

    @property
    def met(self) -> bool | None:
        """Whether the promise holds."""
        if self.value is None:
            return None
        return self.value > self.target.least or (self.value == self.target.least and not self.target.above)


def results(outcomes: Iterable[Outcome]) -> list[Result]:
    """Every target, measured or not."""
    scores = {(s.suite, s.setting, s.measure): s.value for outcome in outcomes for s in outcome.scores}
    return [Result(target, target.measured(scores)) for target in TARGETS]


def _score(suite: str, setting: str, measure: str) -> Callable[[Scores], float | None]:
    return lambda scores: scores.get((suite, setting, measure))


def _rise(measure: Callable[[str], bool]) -> Callable[[Scores], float | None]:
    """How much higher a measure of diversity is with prompt self-rewriting than without."""

    def found(scores: Scores) -> float | None:
        of_diversity = {key[1:]: value for key, value in scores.items() if key[0] == diversity.SUITE}
        value = {setting: value for (setting, name), value in of_diversity.items() if measure(name)}
        return value[BOTH.name] - value[DIRECT.name] if {BOTH.name, DIRECT.name} <= set(value) else None

    return found


def _share(name: str, suite: str, setting: str, measure: str, least: float) -> Target:
    return Target(name, _score(suite, setting, measure), least, Unit.SHARE)


def _mended(name: str, kind: Damage) -> Target:
    gain = _score(restoration.SUITE, kind.value, restoration.GAIN)
    return Target(f"{name}: PSNR above the input's by", gain, 0.0, Unit.DECIBEL, above=True)


def _fall(measure: Callable[[str], bool]) -> Callable[[Scores], float | None]:
    rise = _rise(measure)
    return lambda scores: None if (found := rise(scores)) is None else -found


_T2I, _SEEN = text_to_image, references
TARGETS: Final = (
    _share("text to image, one object: all shapes and colours", _T2I.SUITE, scenes.ONE, _T2I.RIGHT, 0.95),
    _share("text to image, two objects: all shapes and colours", _T2I.SUITE, scenes.TWO, _T2I.RIGHT, 0.85),
    _share("position and size words right", _T2I.SUITE, _T2I.ALL_WORDS, _T2I.WORDS, 0.80),
    Target("PSNR_d with PSR below without by", _fall(diversity.PSNR_D.__eq__), 0.0, Unit.DECIBEL, above=True),
    Target("LPIPS_d with PSR above without by", _rise(diversity.is_perceptual), 0.0, Unit.DISTANCE, above=True),
    Target("agreement with PSR against without", _rise(diversity.AGREEMENT.__eq__), -0.02, Unit.POINTS),
    _share("questions answered", understanding.SUITE, understanding.ALL, understanding.RIGHT, 0.90),
    _share(
        "one subject's shape, colour and texture kept",
        _SEEN.SINGLE,
        sightings.setting_of(sightings.T_REF),
        _SEEN.KEPT,
        0.85,
    ),
    _share("two subjects: both kept", _SEEN.SEVERAL, sightings.number_of(2), _SEEN.KEPT, 0.70),
    _share("edit done and everything else kept", editing.SUITE, editing.ALL, editing.BOTH, 0.80),
    _mended("inpainting", Damage.HOLE),
    _mended("restoration of noise", Damage.NOISE),
    _mended("restoration of blur", Damage.BLUR),
    _mended("super-resolution", Damage.COARSE),
    _share(
        "conversation of four turns: last picture satisfies all wishes",
        conversation.SUITE,
        conversation.turn_of(wishes.CHANGES),
        conversation.SATISFIED,
        0.60,
    ),
)
