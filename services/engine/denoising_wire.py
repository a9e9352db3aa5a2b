"""The denoiser's requests and events as named tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.engine.denoising import DenoiseEvent, DenoiseRequest
from services.engine.tensors import Tensors, floats, integer, number
from services.errors import InvalidArgumentError
from services.size import Size

INPUTS = ("features", "seed", "steps", "guidance", "size", "latents", "start_step", "latents_every", "emit_steps")


def read_denoising(tensors: Tensors, *, steps: int, guidance: float) -> DenoiseRequest:
    """A request from its tensors, with the model's own `steps` and `guidance` where it names none."""
    return DenoiseRequest(
        features=floats(tensors, "features"),
        seed=integer(tensors, "seed", 0),
        steps=integer(tensors, "steps", steps),
        guidance=number(tensors, "guidance", guidance),
        size=_size(tensors),
        latents=floats(tensors, "latents") if "latents" in tensors else None,
        start_step=integer(tensors, "start_step", 0),
        latents_every=integer(tensors, "latents_every", 0),
        emit_steps=bool(integer(tensors, "emit_steps", 0)),
    )


def _size(tensors: Tensors) -> Size | None:
    """Width and height in pixels, if `size` is there."""
    values = tensors.get("size")
    if values is None:
        return None
    if values.size != 2:
        raise InvalidArgumentError("size", f"{values.size} values instead of two, width and height")
    width, height = (int(value) for value in values.ravel())
    return Size(width, height)


def denoising_tensors(event: DenoiseEvent) -> dict[str, NDArray[Any]]:
    """An event as tensors; latents [1, 4, h, w], a batch of one for whatever follows in an ensemble."""
    tensors: dict[str, NDArray[Any]] = {
        "step": np.array([event.step], np.int32),
        "steps": np.array([event.steps], np.int32),
        "final": np.array([event.final], np.bool_),
    }
    if event.latents is not None:
        tensors["latents"] = event.latents[None]
    return tensors
