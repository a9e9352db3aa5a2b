"""The store's part of a service's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from services.settings import ServiceSettings


class StoreSettings(ServiceSettings):
    """WEGEN_STORE and WEGEN_S3_*: a directory by default; S3 with an endpoint as seen here and one seen by clients."""

    store: Literal["directory", "s3"] = "directory"
    store_directory: Path = Path(".local/store")
    s3_endpoint: str = Field(default="", validate_default=True, description="host or host:port, without a scheme")
    s3_public_endpoint: str = Field(default="", description="the host in presigned URLs; empty: s3_endpoint")
    s3_access_key: SecretStr = Field(default=SecretStr(""), validate_default=True)
    s3_secret_key: SecretStr = Field(default=SecretStr(""), validate_default=True)
    s3_bucket: str = Field(default="wegen", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    s3_region: str = "us-east-1"
    s3_secure: bool = Field(default=True, description="https to s3_endpoint")
    s3_public_secure: bool = Field(default=True, description="https in presigned URLs of s3_public_endpoint")
    s3_create_bucket: bool = Field(default=False, description="make the bucket if it does not exist")
    s3_connect_timeout_s: float = Field(default=2.0, gt=0, le=60)
    s3_read_timeout_s: float = Field(default=10.0, gt=0, le=600)
    s3_retries: int = Field(default=2, ge=0, le=10)

    @field_validator("s3_endpoint", "s3_access_key", "s3_secret_key")
    @classmethod
    def _needed_for_s3(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        empty = not (value.get_secret_value() if isinstance(value, SecretStr) else value)
        if empty and info.data.get("store") == "s3":
            raise ValueError("needed where WEGEN_STORE is s3")
        return value

    @field_validator("s3_endpoint", "s3_public_endpoint")
    @classmethod
    def _without_scheme(cls, value: str) -> str:
        if "/" in value:
            raise ValueError("a host and a port, without a scheme or a path")
        return value
