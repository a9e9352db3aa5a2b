"""What the worker needs of Triton; tests put fakes here."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from services.inference.denoiser import DenoiseEvent, DenoiseRequest


class Stream(Protocol):
    """The steps of one picture as they are done; `cancel` may come from any thread."""

    def __iter__(self) -> Iterator[DenoiseEvent]:
        """One event a step; WegenError."""
        ...

    def cancel(self) -> None:
        """Stop before the next step."""
        ...

    def __enter__(self) -> Self:
        """The stream."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel what is left of it."""
        ...


class Denoiser(Protocol):
    """The denoising loop behind Triton; shared by all threads."""

    def denoise(self, request: DenoiseRequest, *, request_id: str, timeout: float | None) -> Stream:
        """Start a picture."""
        ...

    def close(self) -> None:
        """Disconnect."""
        ...


class Decoder(Protocol):
    """Latents [4, h, w] to a PNG; shared by all threads."""

    def decode(self, latents: NDArray[np.float32], *, request_id: str, timeout: float | None) -> bytes:
        """The PNG; WegenError."""
        ...

    def close(self) -> None:
        """Disconnect."""
        ...
