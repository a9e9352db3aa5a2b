"""SDXL's VAE decoder within fp16's range, without changing what it computes.

The stock decoder's activations pass fp16's largest number, 65504. All that passes it is read by group norms alone:
between two of them everything may be smaller by a factor, which the next norm takes out again. So the factor goes into
the weights that write there, and its square into the norms' epsilon. A power of two rounds nothing but the smallest.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from export.onnx.deferred import is_placeholder

FACTOR = 2.0**-8
"""Activations up to 256 times beyond fp16's range then lie within it."""

# what reads normalised numbers and writes what a norm reads; what reads and writes numbers made smaller already
_WRITERS = ("conv_in", "conv1", "conv2", "to_out.0")
_PASSERS = ("conv_shortcut", "upsamplers.0.conv")


@torch.no_grad()
def rescale(decoder: nn.Module) -> dict[str, float]:
    """Make diffusers' VAE decoder smaller inside by `FACTOR`, in place.

    Returns the factor of each parameter by name; weights that are still to be read must be multiplied by it then.
    """
    for norm in decoder.modules():
        if isinstance(norm, nn.GroupNorm):
            norm.eps *= FACTOR**2
    scales = dict.fromkeys(_names(decoder), FACTOR)
    for name in scales:
        parameter = decoder.get_parameter(name)
        if not is_placeholder(parameter):
            parameter.mul_(FACTOR)
    return scales


def _names(decoder: nn.Module) -> Iterator[str]:
    for name, module in decoder.named_modules():
        if name.endswith(_WRITERS):
            yield f"{name}.weight"
        if name.endswith((*_WRITERS, *_PASSERS)) and getattr(module, "bias", None) is not None:
            yield f"{name}.bias"
