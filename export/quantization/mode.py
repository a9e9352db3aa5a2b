"""Number formats of quantized products."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """8 bits of weights and activations; FP8 (E4M3) needs compute capability 8.9."""

    INT8 = "int8"
    FP8 = "fp8"


class Method(StrEnum):
    """How ModelOpt chooses the range of an activation from what it saw."""

    MAX = "max"
    ENTROPY = "entropy"


class Rest(StrEnum):
    """The number format of everything that is not quantized."""

    FP16 = "fp16"
    FP32 = "fp32"
