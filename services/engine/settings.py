"""Parameters of the two loop models, as their config.pbtxt gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from services.errors import first_problem
from services.settings import SettingsError

SettingsT = TypeVar("SettingsT", bound="SchedulerSettings")


class SchedulerSettings(BaseModel):
    """What every step scheduler needs.

    `queue`: requests that may wait. `pace_ms`: least time between two responses of one request.
    `cancel_poll_ms`: how often callers are asked whether they are still there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    queue: int = Field(64, ge=1, le=100_000)
    pace_ms: float = Field(20.0, ge=0, le=1000)
    cancel_poll_ms: float = Field(20.0, ge=1, le=1000)

    @classmethod
    def read(cls: type[SettingsT], parameters: Mapping[str, str]) -> SettingsT:
        """From the parameters of a model's configuration, strings by name; SettingsError names the first wrong one."""
        try:
            return cls.model_validate(dict(parameters))
        except ValidationError as error:
            name, problem = first_problem(error)
            raise SettingsError(f"parameter {name!r}: {problem}") from error


class RuntimeSettings(SchedulerSettings):
    """`runtime`: which engine runs the graph. `threads`: of one step. `manifest`: relative to the model's folder."""

    runtime: str = "onnx"
    threads: int = Field(1, ge=1, le=256)
    manifest: str = "../manifest.json"


class GeneratorSettings(RuntimeSettings):
    """The feature generator.

    `slots`: cache slots in each pool. `spans`: length of a sequence in each pool, ascending; the context is always
    the last. `chunk`: most prompt tokens between two decode steps.
    """

    slots: int = Field(16, ge=16, le=4096)
    spans: tuple[int, ...] = (256,)
    chunk: int = Field(64, ge=1, le=65536)

    @field_validator("spans", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    def pools(self, context: int) -> tuple[int, ...]:
        """Spans shorter than `context`, then `context`."""
        return (*sorted({span for span in self.spans if 0 < span < context}), context)


class DenoiserSettings(RuntimeSettings):
    """The denoiser. `rows`: jobs that run at once. `batch`: most rows of one step."""

    rows: int = Field(16, ge=1, le=4096)
    batch: int = Field(8, ge=1, le=4096)
