"""A request to the denoiser and the events that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.engine.arrays import Floats
from services.engine.canvas import Canvas
from services.errors import InvalidArgumentError
from services.size import Size

STEPS = 100
GUIDANCE = 30.0
_FEATURE_BOUND = 1e4


@dataclass(frozen=True, slots=True)
class DenoiseRequest:
    """One image: features [64, D]; `latents` [4, h, w] are those before step `start_step`, None for noise of `seed`.

    `size` None is that of the latents, without them the model's own. `latents_every` k sends latents after every k-th
    step (0: at the end only), `emit_steps` an event for each.
    """

    features: Floats
    seed: int
    steps: int
    guidance: float
    size: Size | None = None
    latents: Floats | None = None
    start_step: int = 0
    latents_every: int = 0
    emit_steps: bool = False


@dataclass(frozen=True, slots=True)
class DenoiseEvent:
    """`step` of `steps` are done, those before it too; latents [4, h, w] when they are due."""

    step: int
    steps: int
    latents: Floats | None

    @property
    def final(self) -> bool:
        """Whether it is the last."""
        return self.step == self.steps


def merge_steps(events: Sequence[DenoiseEvent]) -> list[DenoiseEvent]:
    """What one request has collected in fewer events: the last stands for the steps before it, latents are all kept."""
    return [*(event for event in events[:-1] if event.latents is not None), *events[-1:]]


@dataclass(frozen=True, slots=True)
class DenoiseLimits:
    """Of the served model: the shape of features, and the sizes of pictures."""

    features: tuple[int, int]
    canvas: Canvas

    def check(self, request: DenoiseRequest) -> None:
        """InvalidArgumentError, naming the field and its limit, for a request that could not be served."""
        _check_array("features", request.features, self.features)
        if not 1 <= request.steps <= STEPS:
            raise InvalidArgumentError("steps", f"{request.steps} is not 1 to {STEPS}")
        if not 0 <= request.guidance <= GUIDANCE:
            raise InvalidArgumentError("guidance", f"{request.guidance} is not 0 to {GUIDANCE:g}")
        if not 0 <= request.seed < 2**64:
            raise InvalidArgumentError("seed", f"{request.seed} is outside of 0..2^64-1")
        if not 0 <= request.latents_every <= STEPS:
            raise InvalidArgumentError("latents_every", f"{request.latents_every} is not 0 to {STEPS}")
        if not 0 <= request.start_step < request.steps:
            raise InvalidArgumentError("start_step", f"{request.start_step} is not 0 to {request.steps - 1}")
        self.canvas.chosen(request.size, request.latents)
        if request.latents is not None:
            _check_values("latents", request.latents)
        elif request.start_step:
            raise InvalidArgumentError("start_step", f"{request.start_step} needs latents to go on from")


def _check_array(name: str, values: Floats, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise InvalidArgumentError(name, f"shape {list(values.shape)} is not {list(shape)}")
    _check_values(name, values)


def _check_values(name: str, values: Floats) -> None:
    if not (np.abs(values) <= _FEATURE_BOUND).all():
        raise InvalidArgumentError(name, f"a value is not a number within ±{_FEATURE_BOUND:g}")
