"""The feature generator's requests and events as named tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.engine.arrays import Ints
from services.engine.generation import GenerationRequest
from services.engine.generation_limits import CANDIDATES
from services.engine.tensors import Tensors, floats, integer, number
from services.errors import InvalidArgumentError
from services.generation import EventKind, FeaturesEvent, GenerationEvent, ImageMode, Sampling, TokensEvent

INPUTS = (
    *("ids", "features", "feature_positions", "seeds", "top_p", "temperature"),
    *("max_tokens", "image", "feature_guidance", "priority"),
)


def read_generation(tensors: Tensors, feature_width: int) -> GenerationRequest:
    """A request from its tensors, shapes checked; its values are checked by GenerationLimits."""
    ids, positions = _integers(tensors, "ids"), _integers(tensors, "feature_positions")
    features = floats(tensors, "features") if "features" in tensors else np.zeros((0, feature_width), np.float32)
    return GenerationRequest(
        ids=ids,
        sampling=_sampling(tensors),
        max_tokens=integer(tensors, "max_tokens"),
        image=_image(integer(tensors, "image")),
        features=features,
        feature_positions=positions,
        feature_guidance=number(tensors, "feature_guidance", 1.0),
    )


def generation_tensors(event: GenerationEvent) -> dict[str, NDArray[Any]]:
    """An event as tensors."""
    candidate = np.array([event.candidate], np.int32)
    if isinstance(event, TokensEvent):
        return {"event": _int32(EventKind.TOKENS), "candidate": candidate, "ids": np.array(event.ids, np.int32)}
    if isinstance(event, FeaturesEvent):
        return {"event": _int32(EventKind.FEATURES), "candidate": candidate, "features": event.features}
    return {
        "event": _int32(EventKind.FINISHED),
        "candidate": candidate,
        "finish": np.array([event.reason.value.encode()], np.object_),
        "usage": _int32(event.prompt_tokens, event.generated_tokens),
    }


def _sampling(tensors: Tensors) -> tuple[Sampling, ...]:
    if "seeds" not in tensors:
        raise InvalidArgumentError("seeds", "it is missing")
    seeds = [int(seed) for seed in tensors["seeds"].reshape(-1)]
    if not 1 <= len(seeds) <= CANDIDATES:
        raise InvalidArgumentError("seeds", f"{len(seeds)} candidates are not 1 to {CANDIDATES}")
    top_p, temperature = _each(tensors, "top_p", len(seeds)), _each(tensors, "temperature", len(seeds))
    return tuple(Sampling(*values) for values in zip(seeds, top_p, temperature, strict=True))


def _each(tensors: Tensors, name: str, count: int) -> list[float]:
    if name not in tensors:
        raise InvalidArgumentError(name, "it is missing")
    values = [float(value) for value in tensors[name].reshape(-1)]
    if len(values) not in (1, count):
        raise InvalidArgumentError(name, f"{len(values)} values for {count} candidates")
    return values if len(values) == count else values * count


def _image(mode: int) -> ImageMode:
    if mode not in tuple(ImageMode):
        raise InvalidArgumentError("image", f"{mode} is not 0, 1 or 2")
    return ImageMode(mode)


def _integers(tensors: Tensors, name: str) -> Ints:
    return np.array(tensors.get(name, ()), np.int64).reshape(-1)


def _int32(*values: int) -> NDArray[np.int32]:
    return np.array(values, np.int32)
