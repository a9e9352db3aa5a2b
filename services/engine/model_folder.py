"""A loop model's folder in Triton's repository."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.engine.runtimes import check_runtime
from services.engine.settings import RuntimeSettings
from services.manifest import Manifest


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model of a Triton repository: its folder, the version that is loaded, the parameters of its configuration.

    `device` is the number of the GPU that Triton gave it.
    """

    folder: Path
    version: str
    parameters: Mapping[str, str]
    device: int = 0

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> ModelFolder:
        """From what Triton hands to a Python model's `initialize`."""
        config: dict[str, Any] = json.loads(arguments["model_config"])
        values = {name: value["string_value"] for name, value in config.get("parameters", {}).items()}
        device = int(arguments.get("model_instance_device_id", "0"))
        return cls(Path(arguments["model_repository"]), arguments["model_version"], values, device)

    @property
    def graph(self) -> Path:
        """The ONNX file."""
        return self.folder / self.version / "model.onnx"

    @property
    def plan(self) -> Path:
        """The TensorRT plan."""
        return self.folder / self.version / "model.plan"

    def manifest(self, settings: RuntimeSettings) -> Manifest:
        """The manifest that describes the graph; SettingsError if there is no graph or no runtime for it."""
        check_runtime(self, settings.runtime)
        return Manifest.load((self.folder / settings.manifest).resolve().parent)
