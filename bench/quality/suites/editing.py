"""Editing: is the change done, and is the rest kept?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.quality.measures.sight import looks_like, things_in
from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import Picture, resized
from bench.quality.subjects.message import order
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.scenes import Changed, painted
from bench.quality.suites.score import Outcome, Tally
from export.training.judge import Verdict, judge, judge_background, judge_scene
from export.training.sheet import Tile
from export.training.talk.edits import EditKind
from export.training.world import Thing, render
from export.training.world.render import coverage
from export.training.world.scene import SIDE

SUITE = "editing"
ALL: Final = "all edits"
DONE: Final = "change done"
KEPT: Final = "rest kept"
BOTH: Final = "change done and all the rest kept"
PLACED: Final = "change done, all things in place, shape and colour"
KEPT_PSNR: Final = "PSNR of the rest, dB"
_SHOWN = 24
# What a changed thing keeps.
_REST: Final[dict[EditKind, Callable[[Verdict], bool]]] = {
    EditKind.RECOLOUR: lambda verdict: verdict.position and verdict.size and verdict.texture,
    EditKind.MOVE: lambda verdict: verdict.size and verdict.texture,
    EditKind.RESIZE: lambda verdict: verdict.position and verdict.texture,
}


def editing(subject: Subject, changes: Iterable[Changed], *, side: int, seed: int) -> Outcome:
    """Each request beside its scene's true picture of `side` pixels; change i has the noise of `seed` + i."""
    tally, outcome = Tally(SUITE), Outcome()
    given = [(change, painted(change.scene, side)) for change in changes]
    messages = [order((before, change.edit.request), seed + i) for i, (change, before) in enumerate(given)]
    for (change, before), answer in zip(given, pictures(subject, messages, SUITE), strict=True):
        row = measure(change, resized(answer, SIDE))
        tally.add((ALL, change.edit.kind.value), row)
        outcome.show(_SHOWN, Tile("before", before), Tile(change.edit.request, answer, right=row[BOTH] == 1))
    outcome.scores.extend(tally.scores())
    return outcome


def measure(change: Changed, after: Picture) -> dict[str, float]:
    """One answer's numbers, for a picture [128, 128, 3].

    Kept: the share of what the request does not speak of that is as it was: of other things shape, colour, place, size
    and texture, of the changed thing all but the change, and the background. All is kept where nothing came besides,
    either; where sizes and textures do not count, all things are in place. The PSNR is between the true picture before
    and the answer, on the pixels that were to stay.
    """
    wanted = change.edit.result
    verdicts, background = judge(after, wanted), judge_background(after, wanted)
    done = _done(change, after, verdicts, background=background)
    kept = _kept(change, after, verdicts, background=background)
    placed = done and judge_scene(after, wanted)
    both = placed and all(kept)
    psnr = bounded_psnr(render(change.scene), after, ~_touched(change))
    share = float(np.mean(kept))
    return {DONE: float(done), KEPT: share, PLACED: float(placed), BOTH: float(both), KEPT_PSNR: psnr}


def _done(change: Changed, after: Picture, verdicts: list[Verdict], *, background: bool) -> bool:
    kind = change.edit.kind
    if kind is EditKind.BACKGROUND:
        return background
    if kind is EditKind.REMOVE:
        (gone,) = set(change.scene.things) - set(change.edit.result.things)
        return not any(looks_like(region, gone) for region in things_in(after, change.scene.style))
    before = set(change.scene.things)
    (new,) = (v for thing, v in zip(change.edit.result.things, verdicts, strict=True) if thing not in before)
    said = {EditKind.MOVE: new.position, EditKind.ADD: new.position, EditKind.RESIZE: new.size}
    return new.right and said.get(kind, True)


def _kept(change: Changed, after: Picture, verdicts: list[Verdict], *, background: bool) -> list[bool]:
    """What was to stay: each thing as it was, the changed one but for the change, and the background."""
    kind, before = change.edit.kind, change.scene.things
    pairs = list(zip(change.edit.result.things, verdicts, strict=True))
    kept = [v.right and v.position and v.size and v.texture for thing, v in pairs if thing in before]
    if rest := _REST.get(kind):
        # A thing that is not what it should have become is looked for as it was.
        sights = zip(pairs, judge(after, change.scene), strict=True)
        kept += [rest(new) or rest(old) for (thing, new), old in sights if thing not in before]
    return kept if kind is EditKind.BACKGROUND else [*kept, background]


def _touched(change: Changed) -> NDArray[np.bool_]:
    """The pixels [128, 128] that the request is about; borders that are blended with them belong to them."""
    before, after = change.scene, change.edit.result
    if change.edit.kind is EditKind.BACKGROUND:
        return ~_covered(before.things, 1.0)
    return _covered(set(before.things) ^ set(after.things), 1e-9)


def _covered(things: Iterable[Thing], least: float) -> NDArray[np.bool_]:
    """Pixels of which one of `things` covers at least the share `least`."""
    mask = np.zeros((SIDE, SIDE), bool)
    for thing in things:
        box, share = coverage(thing)
        mask[box] |= share >= least
    return mask
