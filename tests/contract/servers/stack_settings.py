"""A local stack of a test's own, on ports that are free now."""

from __future__ import annotations

from pathlib import Path

from deploy.local.settings import StackSettings
from tests.contract.servers.ports import free_ports


def own_stack(state: Path, **more: object) -> StackSettings:
    """Its settings; everything it writes is below `state`."""
    gateway, triton, redis, http, triton_metrics, gateway_metrics, worker_metrics = free_ports(7)
    return StackSettings.load(
        state_directory=state,
        gateway_address=f"127.0.0.1:{gateway}",
        triton_url=f"127.0.0.1:{triton}",
        redis_url=f"redis://127.0.0.1:{redis}/0",
        triton_http_port=http,
        triton_metrics_port=triton_metrics,
        gateway_metrics_port=gateway_metrics,
        worker_metrics_port=worker_metrics,
        **more,
    )
