"""The typical scene of a brief prompt: what a direct request means where it leaves things open."""

from __future__ import annotations

from random import Random
from typing import Final

from export.training.world.captions import article
from export.training.world.palette import BACKGROUND_COLOURS, OBJECT_COLOURS
from export.training.world.scene import SHAPES, Background, Scene, Thing
from export.training.world.splits import Split, split_of

DEFAULT_BACKGROUND: Final = "white"
_LAYOUTS: Final = {1: ("center",), 2: ("left", "right"), 3: ("top", "bottom left", "bottom right")}
_SIZES: Final = {1: "large", 2: "medium", 3: "medium"}


def canonical_scene(pairs: list[tuple[str, str]], background: str = DEFAULT_BACKGROUND) -> Scene:
    """Plain things of the given (shape, colour) pairs, one to three, in their usual places."""
    layout, size = _LAYOUTS[len(pairs)], _SIZES[len(pairs)]
    things = tuple(
        Thing(shape, colour, size, place, "plain") for (shape, colour), place in zip(pairs, layout, strict=True)
    )
    return Scene(things, Background(background, "plain"))


def canonical_brief(scene: Scene) -> str:
    """The prompt a canonical scene answers; it names the background only where it is not the usual one."""
    phrases = [article(f"{thing.colour} {thing.shape}") for thing in scene.things]
    text = " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)
    usual = scene.background.colour == DEFAULT_BACKGROUND
    return text if usual else f"{text} on {article(f'{scene.background.colour} background')}"


def canonical_at(split: Split, index: int) -> Scene:
    """Canonical scene number `index` of a split."""
    random = Random(f"canonical/{split.value}/{index}")  # noqa: S311 - a seeded world
    while True:
        count = random.choices((1, 2, 3), (45, 45, 10))[0]
        pairs = [(random.choice(SHAPES), random.choice(OBJECT_COLOURS)) for _ in range(count)]
        background = DEFAULT_BACKGROUND if random.random() < 0.5 else random.choice(BACKGROUND_COLOURS)
        scene = canonical_scene(pairs, background)
        if scene.is_valid and split_of(scene) is split:
            return scene
