"""The jobs' part of a service's settings."""

from __future__ import annotations

from pydantic import Field

from services.settings import ServiceSettings


class JobSettings(ServiceSettings):
    """WEGEN_DATABASE_URL, WEGEN_REDIS_URL and WEGEN_JOB_*; times in seconds."""

    database_url: str = "sqlite:///.local/jobs.sqlite3"
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", pattern=r"^(rediss?|unix)://")

    job_queue_limit: int = Field(default=256, ge=1, description="jobs waiting; more are refused")
    job_deliveries: int = Field(default=3, ge=1, description="workers a job may cost before it has failed")
    job_lease_s: float = Field(default=12, gt=0, description="a worker unheard of for so long has lost its job")
    job_sweep_s: float = Field(default=3, gt=0, description="between two looks for lost jobs")
    job_resend_s: float = Field(default=15, gt=0, description="a waiting job's message may be lost after so long")
    job_operation_limit: int = Field(default=1000, ge=1, description="operations waiting; more are refused")
    job_operation_s: float = Field(default=86400, gt=0, description="an operation must have ended after so long")
    job_retention_s: float = Field(default=604800, gt=0, description="rows of what has ended are kept so long")
    job_event_ttl_s: int = Field(default=3600, ge=1, description="events of a job are kept so long")
    job_event_limit: int = Field(default=1000, ge=10, description="newest events kept of a job")
    job_watch_s: float = Field(default=1.0, gt=0, description="a watcher that hears nothing reads the row so often")
    job_visibility_s: int = Field(default=300, ge=1, description="Redis gives an unacknowledged message out again")
