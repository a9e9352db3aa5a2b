"""What a graph for TensorRT says about itself, in the file's own metadata."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

PREFIX = "wegen."


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a graph comes from: `weights` is the SHA-256 of its network's weights, or "random".

    `quantization` is the format of its products, "int8" or "fp8", and empty where that is `precision` too.
    """

    preset: str
    precision: str
    weights: str
    quantization: str = ""

    @property
    def number_formats(self) -> str:
        """As a table says it: "fp16", or "int8 in fp16"."""
        return f"{self.quantization} in {self.precision}" if self.quantization else self.precision

    def write(self, model: Any) -> None:  # noqa: ANN401 - onnx has no types
        """Put the facts into an `onnx.ModelProto`."""
        for item in fields(self):
            entry = model.metadata_props.add()
            entry.key, entry.value = PREFIX + item.name, getattr(self, item.name)

    @classmethod
    def of(cls, model: Any) -> Facts | None:  # noqa: ANN401 - onnx has no types
        """What a model says; None if it does not say all of it."""
        found = {entry.key.removeprefix(PREFIX): entry.value for entry in model.metadata_props}
        names = [item.name for item in fields(cls)]
        return cls(**{name: found[name] for name in names}) if found.keys() >= set(names) else None
