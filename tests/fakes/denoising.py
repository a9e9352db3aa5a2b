"""A denoiser and a decoder without a network, which do what a job's features tell them.

features[0] = [seconds a step, steps that end in UNAVAILABLE, 1 for INVALID_ARGUMENT, 1 for a fault of its own,
the step at which its process dies]; features[1, 0] = the step that takes an hour.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from services.errors import CancelledRequestError, InvalidArgumentError, UnavailableError
from services.inference.denoiser import DenoiseEvent, DenoiseRequest

PNG = b"\x89PNG\r\n\x1a\n"
_HOUR_S = 3600.0


def orders(
    *, step_s: float = 0, breaks: int = 0, invalid: bool = False, fault: bool = False, kills: int = 0, hangs: int = 0
) -> npt.NDArray[np.float32]:
    """Features [64, 5] that make the fake do so."""
    features = np.zeros((64, 5), np.float32)
    features[0] = (step_s, breaks, invalid, fault, kills)
    features[1, 0] = hangs
    return features


class FakeStream:
    def __init__(self, request: DenoiseRequest, breaks_at: int | None, journal: Path | None) -> None:
        self._request = request
        self._breaks_at = breaks_at
        self._journal = journal
        self._cancelled = threading.Event()

    def __iter__(self) -> Iterator[DenoiseEvent]:
        request = self._request
        step_s, _, invalid, fault, kills = (float(value) for value in request.features[0])
        if invalid:
            raise InvalidArgumentError("steps", "0 is not 1 to 100")
        if fault:
            raise RuntimeError("a bug")
        for step in range(request.start_step + 1, request.steps + 1):
            self._note(step)
            if self._cancelled.wait(_HOUR_S if step == request.features[1, 0] else step_s):
                raise CancelledRequestError("cancelled")
            if step == kills:
                os.kill(os.getpid(), signal.SIGKILL)
            if step == self._breaks_at:
                raise UnavailableError("triton", "the connection broke")
            due = step == request.steps or (request.latents_every and step % request.latents_every == 0)
            side = (request.size.height // 8, request.size.width // 8) if request.size else (2, 2)
            latents = np.full((4, *side), request.seed % 1000 + step, np.float32) if due else None
            yield DenoiseEvent(step, request.steps, latents)

    def _note(self, step: int) -> None:
        if self._journal:
            # One write to an open end: lines of several processes do not mix.
            with self._journal.open("a") as journal:
                journal.write(f"{os.getpid()} {self._request.seed} {step}\n")

    def cancel(self) -> None:
        self._cancelled.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()


class FakeDenoiser:
    """Breaks a picture's stream as often as asked, each time one step later.

    `journal` gets a line for each step that is begun: process, seed, step.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self.requests: list[DenoiseRequest] = []
        self._journal = journal
        self._breaks: dict[str, int] = {}

    def denoise(self, request: DenoiseRequest, *, request_id: str, timeout: float | None) -> FakeStream:
        self.requests.append(request)
        broken = self._breaks.get(request_id, 0)
        if broken >= request.features[0, 1]:
            return FakeStream(request, None, self._journal)
        self._breaks[request_id] = broken + 1
        return FakeStream(request, request.start_step + 2, self._journal)

    def close(self) -> None:
        pass


class FakeDecoder:
    """A "picture" is the first number of its latents."""

    def decode(self, latents: npt.NDArray[np.float32], *, request_id: str, timeout: float | None) -> bytes:
        return PNG + str(float(latents.flat[0])).encode()

    def close(self) -> None:
        pass
