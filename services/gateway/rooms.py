"""Everything a chat talks to."""

from __future__ import annotations

from dataclasses import dataclass

from services.gateway.conversation import Conversations
from services.gateway.features import FeatureLibrary
from services.gateway.gallery import Gallery
from services.gateway.health import Dependencies
from services.gateway.ports import Generator, Jobs
from services.gateway.prompt import PromptBuilder
from services.gateway.tokenizer import Tokenizer
from services.telemetry.gateway_metrics import GatewayMetrics


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms beside the gateway, and its own parts that all chats share."""

    generator: Generator
    library: FeatureLibrary
    jobs: Jobs
    gallery: Gallery
    conversations: Conversations
    dependencies: Dependencies
    tokenizer: Tokenizer
    prompts: PromptBuilder
    metrics: GatewayMetrics
