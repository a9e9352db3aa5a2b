"""Networks with random weights, made where they are used: 7B parameters never pass through the host's memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

ModuleT = TypeVar("ModuleT", bound=nn.Module)

_SPREAD = 0.02


def random_network(build: Callable[[], ModuleT], device: torch.device, dtype: torch.dtype) -> ModuleT:
    """`build`'s network in eval mode: matrices normal with a deviation of 0.02, norms one, biases zero.

    Weights of convolutions lie channels last, as the matrix units read them, and activations follow them.
    """
    with torch.device("meta"):
        network = build().to(dtype)
    network = network.to_empty(device=device).eval().requires_grad_(requires_grad=False)
    generator = torch.Generator(device).manual_seed(0)
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            parameter.normal_(0, _SPREAD, generator=generator)
        else:
            parameter.fill_(0.0 if name.endswith("bias") else 1.0)
    for buffer in network.buffers():
        buffer.zero_()
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def weight_bytes(network: nn.Module) -> int:
    """Bytes of all parameters."""
    return sum(parameter.nbytes for parameter in network.parameters())
