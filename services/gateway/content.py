"""Checks the parts of a message."""

from __future__ import annotations

from collections.abc import Sequence

from services.errors import InvalidArgumentError
from services.gateway import limits
from services.gateway.limits import MessageLimits
from services.gateway.wish import Box, Content, ImageRef, Instance
from services.protos.wegen.v1 import chat_pb2

_EDGES = ("left", "top", "right", "bottom")


def checked_content(parts: Sequence[chat_pb2.Part], bounds: MessageLimits) -> Content:
    """The parts in the gateway's own words.

    Raises:
        InvalidArgumentError: a field is wrong; names it (as in the protos) and the limit.
    """
    if len(parts) > limits.MAX_PARTS:
        raise InvalidArgumentError("content", f"has {len(parts)} parts, at most {limits.MAX_PARTS} are allowed")
    content = tuple(_piece(f"content[{index}]", part) for index, part in enumerate(parts))
    if all(isinstance(piece, str) and not piece.strip() for piece in content):
        raise InvalidArgumentError("content", "is empty: write something or attach an image", reason="EMPTY_MESSAGE")
    references = sum(part.HasField("image") or part.instance.HasField("image") for part in parts)
    if references > bounds.references:
        raise InvalidArgumentError(
            "content",
            f"has {references} references, at most {bounds.references} are allowed",
            reason="TOO_MANY_REFERENCES",
        )
    characters = sum(len(part.text) + len(part.instance.phrase) for part in parts)
    if characters > bounds.characters:
        raise InvalidArgumentError(
            "content", f"has {characters} characters, at most {bounds.characters} are allowed", reason="PROMPT_TOO_LONG"
        )
    return content


def _piece(field: str, part: chat_pb2.Part) -> str | ImageRef | Instance:
    match part.WhichOneof("part"):
        case "text":
            return part.text
        case "image":
            return _reference(f"{field}.image", part.image)
        case "instance":
            return _instance(f"{field}.instance", part.instance)
        case _:
            raise InvalidArgumentError(field, "has neither text nor image nor instance")


def _reference(field: str, image: chat_pb2.ImageReference) -> ImageRef:
    name = image.object
    if not name:
        raise InvalidArgumentError(f"{field}.object", "is empty")
    if len(name) > limits.MAX_OBJECT_NAME:
        raise InvalidArgumentError(
            f"{field}.object", f"has {len(name)} characters, at most {limits.MAX_OBJECT_NAME} are allowed"
        )
    return ImageRef(name)


def _instance(field: str, instance: chat_pb2.Instance) -> Instance:
    phrase = " ".join(instance.phrase.split())
    if not 1 <= len(phrase) <= limits.MAX_PHRASE:
        raise InvalidArgumentError(
            f"{field}.phrase", f"has {len(phrase)} characters, 1 to {limits.MAX_PHRASE} are allowed"
        )
    if "<" in phrase or ">" in phrase:
        raise InvalidArgumentError(f"{field}.phrase", "contains < or >")
    box = _box(f"{field}.box", instance.box) if instance.HasField("box") else None
    image = _reference(f"{field}.image", instance.image) if instance.HasField("image") else None
    if box is None and image is None:
        raise InvalidArgumentError(field, "has neither box nor image: what has only words is text")
    return Instance(phrase, box, image)


def _box(field: str, box: chat_pb2.Box) -> Box:
    for edge in _EDGES:
        share: float = getattr(box, edge)
        # Written so that NaN, which compares false with everything, is refused too.
        if not 0.0 <= share <= 1.0:
            raise InvalidArgumentError(f"{field}.{edge}", f"{share:g} is not between 0 and 1", reason="OUT_OF_RANGE")
    for first, last in (("left", "right"), ("top", "bottom")):
        if not getattr(box, first) < getattr(box, last):
            raise InvalidArgumentError(
                f"{field}.{last}", f"{getattr(box, last):g} is not beyond {first} ({getattr(box, first):g})"
            )
    return Box(box.left, box.top, box.right, box.bottom)
