"""Checks a `ChatRequest` before anything is looked up, started or written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from services.errors import InvalidArgumentError
from services.gateway import limits
from services.gateway.content import checked_content
from services.gateway.limits import MessageLimits
from services.gateway.wish import Rewrite, Task, Wish
from services.protos.wegen.v1 import chat_pb2
from services.size import Size, listed

_Name = TypeVar("_Name")
_Whole = Literal["n", "seed", "steps", "max_tokens", "preview_every"]
_Real = Literal["guidance", "temperature", "feature_guidance"]

_TASKS: dict[int, Task] = {
    chat_pb2.TASK_UNSPECIFIED: Task.AUTO,
    chat_pb2.TASK_AUTO: Task.AUTO,
    chat_pb2.TASK_GENERATE: Task.GENERATE,
    chat_pb2.TASK_CHAT: Task.CHAT,
}
_REWRITES: dict[int, Rewrite] = {
    chat_pb2.REWRITE_UNSPECIFIED: Rewrite.AUTO,
    chat_pb2.REWRITE_AUTO: Rewrite.AUTO,
    chat_pb2.REWRITE_ON: Rewrite.ON,
    chat_pb2.REWRITE_OFF: Rewrite.OFF,
}


def checked(request: chat_pb2.ChatRequest, bounds: MessageLimits, draw_seed: Callable[[], int]) -> Wish:
    """The wish in `request`; `draw_seed` is asked where the caller gave no seed.

    Raises:
        InvalidArgumentError: a field is wrong; names it (as in the protos) and the limit.
    """
    settings = request.settings
    wish = Wish(
        conversation_id=_conversation_id(request.conversation_id),
        content=checked_content(request.content, bounds),
        task=_enum("settings.task", settings.task, _TASKS),
        rewrite=_enum("settings.rewrite", settings.rewrite, _REWRITES),
        n=_whole(settings, "n", (1, limits.MAX_N), 1),
        seed=_whole(settings, "seed", (0, limits.MAX_SEED), draw_seed()),
        steps=_whole(settings, "steps", (1, limits.MAX_STEPS), bounds.default_steps),
        guidance=_real(settings, "guidance", limits.MAX_GUIDANCE, bounds.default_guidance),
        top_p=_top_p(settings),
        temperature=_temperature(settings),
        feature_guidance=_real(settings, "feature_guidance", limits.MAX_FEATURE_GUIDANCE, 1.0),
        max_tokens=_whole(settings, "max_tokens", (1, limits.MAX_TOKENS), 0) or None,
        preview_every=_whole(settings, "preview_every", (0, limits.MAX_STEPS), 0),
        size=_size(request, bounds.sizes),
    )
    if wish.rewrite is Rewrite.ON and (wish.references or wish.instances):
        raise InvalidArgumentError(
            "settings.rewrite", "REWRITE_ON works on text alone, this message has references or instances"
        )
    return wish


def _conversation_id(value: str) -> str:
    if len(value) > 64:
        raise InvalidArgumentError("conversation_id", f"has {len(value)} characters, at most 64 are allowed")
    return value


def _size(request: chat_pb2.ChatRequest, sizes: tuple[Size, ...]) -> Size:
    if not request.HasField("size"):
        return sizes[0]
    size = Size(request.size.width, request.size.height)
    if size not in sizes:
        raise InvalidArgumentError("size", f"{size} is none of the model's: {listed(sizes)}", reason="UNKNOWN_SIZE")
    return size


def _enum(field: str, value: int, names: dict[int, _Name]) -> _Name:
    if value not in names:
        raise InvalidArgumentError(field, f"{value} is unknown")
    return names[value]


def _whole(settings: chat_pb2.ChatSettings, name: _Whole, bounds: tuple[int, int], default: int) -> int:
    if not settings.HasField(name):
        return default
    value: int = getattr(settings, name)
    low, high = bounds
    if not low <= value <= high:
        raise InvalidArgumentError(
            f"settings.{name}", f"{value} is not between {low} and {high}", reason="OUT_OF_RANGE"
        )
    return value


def _real(settings: chat_pb2.ChatSettings, name: _Real, high: float, default: float) -> float:
    if not settings.HasField(name):
        return default
    value: float = getattr(settings, name)
    # Written so that NaN, which compares false with everything, is refused too.
    if not 0.0 <= value <= high:
        raise InvalidArgumentError(
            f"settings.{name}", f"{value:g} is not between 0 and {high:g}", reason="OUT_OF_RANGE"
        )
    return value


def _temperature(settings: chat_pb2.ChatSettings) -> float | None:
    if not settings.HasField("temperature"):
        return None
    if 0.0 < settings.temperature < limits.MIN_TEMPERATURE:
        raise InvalidArgumentError(
            "settings.temperature",
            f"{settings.temperature:g} is neither 0 nor at least {limits.MIN_TEMPERATURE:g}",
            reason="OUT_OF_RANGE",
        )
    return _real(settings, "temperature", limits.MAX_TEMPERATURE, 0.0)


def _top_p(settings: chat_pb2.ChatSettings) -> float | None:
    if not settings.HasField("top_p"):
        return None
    if not 0.0 < settings.top_p <= 1.0:
        raise InvalidArgumentError(
            "settings.top_p", f"{settings.top_p:g} is not above 0 and at most 1", reason="OUT_OF_RANGE"
        )
    return settings.top_p
