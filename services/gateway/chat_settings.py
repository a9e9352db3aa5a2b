"""What the chat flow is configured with, from settings and manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from services.gateway.limits import MessageLimits
from services.gateway.settings import GatewaySettings
from services.manifest import Manifest


@dataclass(frozen=True, slots=True)
class ChatDefaults:
    """`top_p` and `rewrite_temperature` are the best of the paper's ablation; `cleanup_timeout` in seconds."""

    tenant: str
    limits: MessageLimits
    answer_tokens: int
    rewrite_max_words: int
    rewrite_resamples: int
    rewrite_similarity: float
    cleanup_timeout: float
    top_p: float = 0.9
    rewrite_temperature: float = 0.8

    @classmethod
    def of(cls, settings: GatewaySettings, manifest: Manifest) -> Self:
        """The defaults for the model that `manifest` describes."""
        return cls(
            tenant=settings.tenant,
            limits=MessageLimits(
                references=settings.gateway_max_references,
                characters=settings.gateway_max_characters,
                default_steps=manifest.steps,
                default_guidance=manifest.guidance,
                sizes=manifest.sizes,
            ),
            answer_tokens=settings.gateway_answer_tokens,
            rewrite_max_words=settings.gateway_rewrite_max_words,
            rewrite_resamples=settings.gateway_rewrite_resamples,
            rewrite_similarity=settings.gateway_rewrite_similarity,
            cleanup_timeout=settings.gateway_cleanup_timeout,
        )
