"""What a request may ask for. The wire contract (chat.proto) names the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

from services.size import Size

MAX_SEED = 2**63 - 1  # every part of the system holds it, SQL's BIGINT included
MAX_N = 8
MAX_STEPS = 100
MAX_GUIDANCE = 30.0
MAX_TEMPERATURE = 2.0
MIN_TEMPERATURE = 0.01  # or 0: below this, logits overflow before the softmax
MAX_FEATURE_GUIDANCE = 10.0
MAX_TOKENS = 1024
MAX_PARTS = 16
MAX_OBJECT_NAME = 512
MAX_PHRASE = 200


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """Limits an operator sets, the model's sizes, its own first, and its defaults for what a caller leaves out."""

    references: int
    characters: int
    default_steps: int
    default_guidance: float
    sizes: tuple[Size, ...]
