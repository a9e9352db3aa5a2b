"""An exponential moving average of weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Average:
    """Follows a module's parameters: a <- d a + (1 - d) w, with d growing from 0 to `decay` over the first steps."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Take one step's weights in."""
        decay = min(self.decay, (1 + step) / (10 + step))
        now = module.state_dict()
        moving = [name for name, value in now.items() if value.dtype.is_floating_point]
        # All at once: one by one, a GPU waits longer for the calls than for the sums.
        torch._foreach_lerp_([self.weights[name] for name in moving], [now[name] for name in moving], 1.0 - decay)
        for name in now.keys() - set(moving):
            self.weights[name].copy_(now[name])

    def state(self) -> dict[str, Tensor]:
        """The averaged weights."""
        return self.weights

    def load(self, weights: dict[str, Tensor]) -> None:
        """Continue from saved weights."""
        for name, value in weights.items():
            self.weights[name].copy_(value)
