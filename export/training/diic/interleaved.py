"""Captions with their instances' boxes and pictures where they are named."""

from __future__ import annotations

from collections.abc import Sequence

from export.training.diic.caption import Caption, Span
from export.training.diic.dropping import Kept
from export.training.diic.location import location_tokens
from export.training.diic.pair import Pair

Part = str | int


def interleave(pair: Pair, kept: Sequence[Kept]) -> tuple[Part, ...]:
    """The caption of `pair` as text and pictures; an integer is an instance's index."""
    height, width = pair.first.shape[:2]
    named = [(instance.span, location_tokens(instance.box, height, width)) for instance in pair.instances]
    return interleaved(pair.caption, named, kept)


def interleaved(caption: Caption, named: Sequence[tuple[Span, str]], kept: Sequence[Kept]) -> tuple[Part, ...]:
    """A caption as text and pictures, in the format of WeGen, 3.2; `named` are its instances' spans and boxes.

    `<p>phrase</p><b>{box}</b><img>{segment}</img>`: the box is four `<loc-i>` tokens; the segment is a part of its own,
    the instance's index, since `<img>`, features and `</img>` come in where a picture stands. Each part is there where
    `kept` has it. Phrases without a usable instance stay plain words: the picture still shows what they name.
    """
    told = {span: (index, box) for index, (span, box) in enumerate(named)}
    parts: list[Part] = []
    at = 0
    for span in caption.spans:
        if span not in told:
            continue
        index, box = told[span]
        parts += [caption.text[at : span.start], f"<p>{caption.text[span.start : span.end]}</p>"]
        parts += [f"<b>{box}</b>"] if kept[index].box else []
        parts += [index] if kept[index].segment else []
        at = span.end
    return joined([*parts, caption.text[at:]])


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
