"""Multimodal prompts: dense captions in which entity words give way to the entity's segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from export.training.diic.caption import Caption, Span
from export.training.diic.interleaved import Part, joined
from export.training.diic.procedural import name
from export.training.world.captions import dense_caption
from export.training.world.scene import Scene


@dataclass(frozen=True, slots=True)
class Substitution:
    """How likely a prompt stays plain words, and in the others how likely an entity's words give way.

    A tenth stays plain in the paper (UNIMO-G, appendix A), which leaves the other number open.
    """

    plain: float = 0.1
    entity: float = 0.75

    def __post_init__(self) -> None:
        for field, chance in (("plain", self.plain), ("entity", self.entity)):
            if not 0.0 <= chance <= 1.0:
                raise ValueError(f"{field} {chance} is not a probability")

    def draw(self, random: Random, count: int) -> tuple[bool, ...]:
        """Which of `count` entities are replaced."""
        if random.random() < self.plain:
            return (False,) * count
        return tuple(random.random() < self.entity for _ in range(count))


def entity_caption(scene: Scene, random: Random) -> Caption:
    """A dense caption whose spans are what makes each thing itself: texture, colour and shape, not size and place."""
    text, spans, at = dense_caption(scene, random), [], 0
    for thing in scene.things:
        start = text.index(name(thing), at)
        at = start + len(name(thing))
        spans.append(Span(start, at))
    return Caption(text, tuple(spans))


def multimodal_caption(caption: Caption, replaced: Sequence[bool]) -> tuple[Part, ...]:
    """The caption as text and pictures; an integer is the subject whose segment stands in its words' place.

    ValueError where `replaced` does not have one answer a span.
    """
    if len(replaced) != len(caption.spans):
        raise ValueError(f"replaced: {len(replaced)} answers for {len(caption.spans)} entities")
    parts: list[Part] = []
    at = 0
    for number, (span, gone) in enumerate(zip(caption.spans, replaced, strict=True)):
        if gone:
            parts += [caption.text[at : span.start], number]
            at = span.end
    return joined([*parts, caption.text[at:]])
