"""Pictures through their 64 features and back: what the encoder keeps and the decoder can show (WeGen Fig. 6a)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tqdm import tqdm

from bench.quality.measures.agreement import share_in_place
from bench.quality.measures.likeness import cosines
from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import Picture, resized
from bench.quality.subjects.subject import Reconstructor
from bench.quality.suites.asking import TOGETHER
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.scenes import painted
from bench.quality.suites.score import Outcome, Tally
from export.training.judge import judge, judge_background
from export.training.sheet import Tile
from export.training.world import Scene
from export.training.world.scene import SIDE

SUITE = "reconstruction"
SETTING: Final = "from features"
PSNR: Final = "PSNR, dB"
SCENE: Final = "things in place, shape and colour, and background"
RIGHT: Final = "things right in shape and colour"
SIZE: Final = "things right in shape, colour and size"
TEXTURE: Final = "things right in shape, colour and texture"
_SHOWN = 24


def reconstruction(
    subject: Reconstructor, scenes: Iterable[Scene], instruments: Instruments, *, side: int, seed: int
) -> Outcome:
    """Every scene's true picture of `side` pixels against its reconstruction; scene i has the noise of `seed` + i."""
    tally, outcome = Tally(SUITE, frozenset({instruments.perceptual.name})), Outcome()
    cases = [(scene, painted(scene, side)) for scene in scenes]
    with tqdm(total=len(cases), desc=SUITE, unit="picture") as bar:
        for start in range(0, len(cases), TOGETHER):
            some = cases[start : start + TOGETHER]
            seeds = range(seed + start, seed + start + len(some))
            made = subject.reconstruct([before for _, before in some], seeds)
            for (scene, before), after in zip(some, made, strict=True):
                right = _measure(tally, scene, before, resized(after, side), instruments)
                outcome.show(_SHOWN, Tile("original", before), Tile("from features", after, right=right))
            bar.update(len(some))
    outcome.scores.extend(tally.scores())
    return outcome


def _measure(tally: Tally, scene: Scene, before: Picture, after: Picture, instruments: Instruments) -> bool:
    """One picture's numbers; true where all its things are right."""
    seen = resized(after, SIDE)
    verdicts = judge(seen, scene)
    right = [verdict.right for verdict in verdicts]
    likeness = {
        name: float(cosines(encoder.pictures([before]), encoder.pictures([after]))[0])
        for name, encoder in instruments.fidelity.items()
    }
    shares = {
        SCENE: share_in_place(verdicts, background=judge_background(seen, scene)),
        RIGHT: sum(right) / len(right),
        SIZE: sum(verdict.right and verdict.size for verdict in verdicts) / len(verdicts),
        TEXTURE: sum(verdict.right and verdict.texture for verdict in verdicts) / len(verdicts),
    }
    compared = {PSNR: bounded_psnr(before, after), instruments.perceptual.name: instruments.perceptual(before, after)}
    tally.add((SETTING,), {**compared, **shares, **likeness})
    return all(right)
