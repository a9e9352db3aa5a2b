"""Captions with their instances' boxes and pictures where they are named."""

from __future__ import annotations

from collections.abc import Sequence

from export.training.diic.caption import Caption
from export.training.diic.dropping import Kept
from export.training.diic.location import location_tokens
from export.training.diic.pair import Instance, Pair

Part = str | int


def interleave(pair: Pair, kept: Sequence[Kept]) -> tuple[Part, ...]:
    """The caption of `pair` as text and pictures, in the format of WeGen, 3.2.

    `<p>phrase</p><b>{box}</b><img>{segment}</img>`: the box is four `<loc-i>` tokens; the segment is a part of its own,
    the instance's index, since `<img>`, features and `</img>` come in where a picture stands. Each part is there where
    `kept` has it. Phrases without a usable instance stay plain words: the picture still shows what they name.
    """
    told = {instance.span: (index, instance) for index, instance in enumerate(pair.instances)}
    height, width = pair.first.shape[:2]
    parts: list[Part] = []
    at = 0
    for span in pair.caption.spans:
        if span not in told:
            continue
        index, instance = told[span]
        parts += [pair.caption.text[at : span.start], _named(pair.caption, instance)]
        parts += [f"<b>{location_tokens(instance.box, height, width)}</b>"] if kept[index].box else []
        parts += [index] if kept[index].segment else []
        at = span.end
    return joined([*parts, pair.caption.text[at:]])


def _named(caption: Caption, instance: Instance) -> str:
    return f"<p>{caption.text[instance.span.start : instance.span.end]}</p>"


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same with neighbouring texts made one and empty ones gone: a tokenizer spaces texts it is given apart."""
    whole: list[Part] = []
    for part in parts:
        if isinstance(part, str) and whole and isinstance(whole[-1], str):
            whole[-1] += part
        elif part != "":
            whole.append(part)
    return tuple(whole)


def written(parts: Sequence[Part], names: Sequence[str]) -> str:
    """The parts as one text for people: a segment shows as `<img>{name}</img>`."""
    return "".join(part if isinstance(part, str) else f"<img>{names[part]}</img>" for part in parts)
