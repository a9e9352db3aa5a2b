"""Where the models' S3 is; not the pictures': other keys, often another place."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from services.settings import ServiceSettings


class ModelsSettings(ServiceSettings):
    """WEGEN_MODELS_*; without keys the bucket is read as anybody."""

    models_endpoint: str = Field(min_length=1, description="host or host:port, without a scheme")
    models_access_key: SecretStr = SecretStr("")
    models_secret_key: SecretStr = SecretStr("")
    models_region: str = "us-east-1"
    models_secure: bool = Field(default=True, description="https to models_endpoint")
    models_threads: int = Field(default=4, ge=1, le=32, description="files fetched at once")
    log_level: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")

    @field_validator("models_endpoint")
    @classmethod
    def _without_scheme(cls, value: str) -> str:
        if "/" in value:
            raise ValueError("a host and a port, without a scheme or a path")
        return value
