"""Norms in the form that the runtimes have fast kernels for; the weights stay the networks' own."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """One `RMSNormalization` node (opset 23), which computes in fp32 whatever x's type."""
    return F.rms_norm(x, (x.shape[-1],), weight, eps)


class InstanceGroupNorm(nn.Module):
    """`nn.GroupNorm` as an instance norm over groups, then scale and shift.

    ONNX Runtime has no CPU kernel for `GroupNormalization` and expands it into a dozen nodes; this form makes
    the denoiser 5 % and the decoder 8 % faster. TensorRT has its own and keeps it.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.groups, self.eps = norm.num_groups, norm.eps
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, ...] -> the same shape."""
        normal = F.instance_norm(x.reshape(x.shape[0], self.groups, -1), eps=self.eps).reshape(x.shape)
        shape = (-1, *(1,) * (x.dim() - 2))
        return normal * self.weight.view(shape) + self.bias.view(shape)


def replace_group_norms(module: nn.Module) -> None:
    """Replace every `nn.GroupNorm` below `module` in place."""
    for name, child in module.named_children():
        if isinstance(child, nn.GroupNorm):
            setattr(module, name, InstanceGroupNorm(child))
        else:
            replace_group_norms(child)
