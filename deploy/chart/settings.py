"""The services' own settings as values of the chart, out of the classes that read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.gateway.settings import GatewaySettings
from services.jobs.settings import JobSettings
from services.settings import ServiceSettings
from services.storage.settings import StoreSettings
from services.worker.settings import WorkerSettings

# The chart sets these itself, from values of its own or from Secrets.
OWNED = frozenset(
    {
        *("database_url", "redis_url", "webhook_secret", "log_level", "triton_url", "model_repository"),
        *("store", "store_directory", "s3_endpoint", "s3_public_endpoint", "s3_access_key", "s3_secret_key"),
        *("s3_bucket", "s3_region", "s3_secure", "s3_public_secure", "s3_create_bucket"),
        *("gateway_address", "gateway_metrics_port", "gateway_metrics_address", "gateway_grace"),
        *("worker_metrics_port", "worker_metrics_address", "worker_grace_s"),
        *("traces_endpoint", "traces_ratio"),
    }
)
_KEPT = (
    *("type", "enum", "pattern", "items", "minLength"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One field: its name in values, JSON schema, default and description (often empty)."""

    name: str
    form: dict[str, Any]
    default: Any
    text: str


def shared() -> tuple[Setting, ...]:
    """What gateway and worker both read."""
    return tuple(_read(JobSettings, frozenset())) + tuple(_read(StoreSettings, frozenset()))


def of_gateway() -> tuple[Setting, ...]:
    """The gateway's own."""
    return tuple(_read(GatewaySettings, _names(shared())))


def of_worker() -> tuple[Setting, ...]:
    """The worker's own."""
    return tuple(_read(WorkerSettings, _names(shared())))


def _names(settings: tuple[Setting, ...]) -> frozenset[str]:
    return frozenset(setting.name for setting in settings)


def _read(settings: type[ServiceSettings], but: frozenset[str]) -> Iterator[Setting]:
    for name, form in settings.model_json_schema()["properties"].items():
        if name not in OWNED | but:
            # Of what may be null, Helm drops the null itself.
            given = next((one for one in form.get("anyOf", ()) if one.get("type") != "null"), form)
            kept = {key: given[key] for key in _KEPT if key in given}
            if "items" in kept:
                kept["items"] = {"type": kept["items"].get("type", "string")}
            yield Setting(name, kept, form.get("default"), form.get("description", ""))
