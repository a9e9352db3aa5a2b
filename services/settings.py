"""What every service's settings share: the prefix, and one sentence when a value is wrong."""

from __future__ import annotations

from typing import Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.errors import first_problem

PREFIX = "WEGEN_"


class SettingsError(ValueError):
    """A setting is wrong; the message is one sentence that names it, never its value: it may be a secret."""


class ServiceSettings(BaseSettings):
    """Environment variables with the prefix WEGEN_, read once at start."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    @classmethod
    def load(cls, **values: object) -> Self:
        """From the environment, `values` winning; SettingsError names the first wrong variable."""
        try:
            return cls(**values)
        except ValidationError as error:
            where, problem = first_problem(error)
            name = where.replace(".", "_") or "settings"
            raise SettingsError(f"{PREFIX}{name.upper()}: {problem}") from error
