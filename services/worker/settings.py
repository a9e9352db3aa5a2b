"""The worker's configuration: environment variables with the prefix WEGEN_, read once at start."""

from __future__ import annotations

from pydantic import Field

from services.jobs.settings import JobSettings
from services.storage.settings import StoreSettings
from services.telemetry.settings import TraceSettings


class WorkerSettings(StoreSettings, JobSettings, TraceSettings):
    """Every setting of the worker; times in seconds."""

    triton_url: str = Field(default="127.0.0.1:8001", min_length=1)
    log_level: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")

    worker_threads: int = Field(default=8, ge=1, le=256, description="jobs driven at the same time")
    worker_metrics_port: int = Field(default=9102, ge=0, le=65535)
    worker_metrics_address: str = "127.0.0.1"
    worker_health_s: float = Field(default=5, gt=0, description="between two looks at what a worker needs")
    worker_tell_s: float = Field(default=0.05, ge=0, description="a step is told at most so often, the last one always")
    worker_note_s: float = Field(default=0.5, gt=0, description="a running job's row is written at most so often")
    worker_retry_s: float = Field(default=60, ge=0, description="a dependency may be away for so long")
    worker_time_limit_s: float = Field(default=900, gt=0, description="one worker may work on a job for so long")
    worker_grace_s: float = Field(default=8, ge=0, description="after SIGTERM jobs may go on for so long")
    worker_checkpoint_steps: int = Field(default=10, ge=1, description="latents to go on from come so often")
    worker_checkpoint_s: float = Field(default=2, ge=0, description="and are kept at most so often")
    worker_silence_s: float = Field(default=300, gt=0, description="a stream without an event for so long is broken")
    worker_preview_threads: int = Field(default=2, ge=1, le=64)
