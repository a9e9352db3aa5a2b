"""The store's part of a service's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class StoreSettings(BaseSettings):
    """WEGEN_STORE and WEGEN_S3_*: a directory by default; S3 with an endpoint as seen here and one seen by clients."""

    model_config = SettingsConfigDict(env_prefix="WEGEN_")

    store: Literal["directory", "s3"] = "directory"
    store_directory: Path = Path(".local/store")
    s3_endpoint: str = Field(default="", description="host or host:port, without a scheme")
    s3_public_endpoint: str = Field(default="", description="the host in presigned URLs; empty: s3_endpoint")
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    s3_bucket: str = Field(default="wegen", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    s3_region: str = "us-east-1"
    s3_secure: bool = Field(default=True, description="https to s3_endpoint")
    s3_public_secure: bool = Field(default=True, description="https in presigned URLs of s3_public_endpoint")
    s3_create_bucket: bool = Field(default=False, description="make the bucket if it does not exist")
    s3_connect_timeout_s: float = Field(default=2.0, gt=0, le=60)
    s3_read_timeout_s: float = Field(default=10.0, gt=0, le=600)
    s3_retries: int = Field(default=2, ge=0, le=10)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.store == "s3":
            wanted = {
                "WEGEN_S3_ENDPOINT": self.s3_endpoint,
                "WEGEN_S3_ACCESS_KEY": self.s3_access_key.get_secret_value(),
                "WEGEN_S3_SECRET_KEY": self.s3_secret_key.get_secret_value(),
            }
            missing = [name for name, value in wanted.items() if not value]
            if missing:
                raise ValueError(f"WEGEN_STORE=s3 needs {' and '.join(missing)}")
        for name, value in (("ENDPOINT", self.s3_endpoint), ("PUBLIC_ENDPOINT", self.s3_public_endpoint)):
            if "/" in value:
                raise ValueError(f"WEGEN_S3_{name} is a host and a port, without a scheme or a path")
        return self
