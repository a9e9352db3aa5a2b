"""The number formats a graph's weights may have."""

from __future__ import annotations

from enum import StrEnum

import torch


class Precision(StrEnum):
    """fp32 for ONNX Runtime; fp16 and bf16 for TensorRT, which takes the precision from the graph."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"

    @property
    def dtype(self) -> torch.dtype:
        """The torch type of weights and activations."""
        return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[self.value]
