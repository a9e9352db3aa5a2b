"""The traces' part of a service's settings."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from services.settings import ServiceSettings


def collector(url: str) -> str:
    """The base URL of an OTLP collector without a slash at its end, or "" for none; ValueError."""
    if not url:
        return ""
    parts = urlsplit(url)
    # Reading the port is what checks it.
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("is not a collector's base URL such as http://collector:4318")
    return url.rstrip("/").removesuffix("/v1/traces")


class TraceSettings(ServiceSettings):
    """WEGEN_TRACES_*. An empty endpoint: no traces, at no cost."""

    traces_endpoint: Annotated[str, AfterValidator(collector)] = Field(
        default="", description="OTLP over HTTP: /v1/traces is put behind it"
    )
    traces_ratio: float = Field(default=1.0, ge=0, le=1, description="of the traces that begin here; others decide")
