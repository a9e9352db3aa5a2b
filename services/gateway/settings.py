"""The gateway's configuration: environment variables with the prefix WEGEN_, read once at start."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, IPvAnyNetwork, SecretStr

from services.jobs.settings import JobSettings
from services.storage.settings import StoreSettings
from services.telemetry.settings import TraceSettings


class GatewaySettings(StoreSettings, JobSettings, TraceSettings):
    """Every setting of the gateway; times in seconds."""

    gateway_address: str = Field(default="127.0.0.1:50051", pattern=r"^.+:\d+$")
    gateway_metrics_port: int = Field(default=9101, ge=0, le=65535)
    gateway_metrics_address: str = "127.0.0.1"
    triton_url: str = Field(default="127.0.0.1:8001", min_length=1)
    model_repository: Path = Path("model_repository")
    tenant: str = Field(default="default", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    log_level: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")

    gateway_max_chats: int = Field(default=64, ge=1)
    gateway_chat_timeout: float = Field(default=600, gt=0)
    gateway_watch_timeout: float = Field(default=3600, gt=0, description="a WatchJob or WaitOperation may last so long")
    gateway_compositions: int = Field(default=4, ge=1, description="operations whose features are made at once")
    gateway_grace: float = Field(default=8, ge=0)
    gateway_cleanup_timeout: float = Field(default=5, gt=0)
    gateway_health_interval: float = Field(default=2, gt=0)
    gateway_health_timeout: float = Field(default=2, gt=0)
    gateway_survey_s: float = Field(default=5, gt=0, description="between two looks at the rows for metrics")
    gateway_url_expires: float = Field(default=3600, gt=0, le=604800)

    gateway_max_references: int = Field(default=3, ge=0, le=8)
    gateway_max_characters: int = Field(default=16000, ge=1)
    gateway_max_upload_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    gateway_max_image_pixels: int = Field(default=16_777_216, ge=64)
    gateway_reference_side: int = Field(default=1024, ge=64)
    gateway_feature_cache: int = Field(default=256, ge=0)

    gateway_answer_tokens: int = Field(default=256, ge=1, le=1024)
    gateway_rewrite_max_words: int = Field(default=20, ge=0)
    gateway_rewrite_similarity: float = Field(default=0.9, gt=0, le=1)
    gateway_rewrite_resamples: int = Field(default=8, ge=0)

    webhook_secret: SecretStr = Field(default=SecretStr(""), description="signs webhooks; empty: none are taken")
    webhook_networks: tuple[IPvAnyNetwork, ...] = Field(default=(), description="receivers inside, as JSON")
    webhook_ca_file: Path | None = Field(default=None, description="authorities of receivers inside, as PEM")
    webhook_plain: bool = Field(default=False, description="http is taken as well as https")
    webhook_tries: int = Field(default=8, ge=1, le=20)

    gateway_conversation_ttl: float = Field(default=86400, gt=0)
    gateway_conversation_turns: int = Field(default=32, ge=1)
