"""Pictures through their 64 features and back: what the encoder keeps and the decoder can show (WeGen Fig. 6a)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tqdm import tqdm

from bench.quality.measures.agreement import share_of_scene
from bench.quality.measures.likeness import cosines
from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import resized
from bench.quality.subjects.subject import Reconstructor
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.scenes import painted
from bench.quality.suites.score import Better, Outcome, Score
from export.training.judge import judge
from export.training.sheet import Tile
from export.training.world import Scene
from export.training.world.scene import SIDE

SUITE = "reconstruction"
_SETTING = "from features"
PSNR: Final = "PSNR, dB"
SCENE: Final = "things in place, shape and colour, and background"
RIGHT: Final = "things right in shape and colour"
_SHOWN = 8


def reconstruction(
    subject: Reconstructor, scenes: Iterable[Scene], instruments: Instruments, *, side: int, seed: int
) -> Outcome:
    """Every scene's true picture of `side` pixels against its reconstruction; scene i has the noise of `seed` + i."""
    values: dict[str, list[float]] = {}
    outcome = Outcome()
    for number, scene in enumerate(tqdm(list(scenes), SUITE, unit="picture")):
        before = painted(scene, side)
        after = resized(subject.reconstruct(before, seed + number), side)
        right = [verdict.right for verdict in judge(resized(after, SIDE), scene)]
        likeness = {
            name: float(cosines(encoder.pictures([before]), encoder.pictures([after]))[0])
            for name, encoder in instruments.fidelity.items()
        }
        row = {
            PSNR: bounded_psnr(before, after),
            instruments.perceptual.name: instruments.perceptual(before, after),
            SCENE: share_of_scene(after, scene),
            RIGHT: sum(right) / len(right),
            **likeness,
        }
        for name, value in row.items():
            values.setdefault(name, []).append(value)
        if number < _SHOWN:
            outcome.tiles.extend([Tile("original", before), Tile("from features", after, right=all(right))])
    lower = instruments.perceptual.name
    outcome.scores.extend(
        Score.mean(SUITE, _SETTING, name, found, Better.LOWER if name == lower else Better.HIGHER)
        for name, found in values.items()
    )
    return outcome
