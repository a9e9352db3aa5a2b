"""A reference encoder that numbers its pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from services.errors import WegenError
from services.gateway.prompt import Features
from tests.fakes.generator import WIDTH


@dataclass
class FakeEncoder:
    """The features of the i-th picture are all i."""

    images: list[bytes] = field(default_factory=list)
    error: WegenError | None = None

    async def encode(self, image: bytes, *, request_id: str, timeout: float | None) -> Features:  # noqa: ASYNC109
        if self.error:
            raise self.error
        self.images.append(image)
        return np.full((64, WIDTH), len(self.images), np.float32)
