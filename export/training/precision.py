"""Half precision where the hardware computes in it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch


def has_bfloat16(device: torch.device) -> bool:
    """Whether `device` multiplies bf16 matrices itself. A CPU that emulates it is ten times slower than in fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    units = torch.cpu.get_capabilities()
    return bool(units.get("amx_bf16") or units.get("avx512_bf16"))


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """Autocast to bf16 on a device that has it, else nothing."""
    return torch.autocast(device.type, torch.bfloat16) if has_bfloat16(device) else nullcontext()
