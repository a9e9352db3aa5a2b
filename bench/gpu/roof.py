"""What the hardware allows, measured: bytes a second and operations a second."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.gpu.clock import Clock

_BYTES = {"cuda": 2**31, "cpu": 2**25}
_SIDE = {"cuda": 8192, "cpu": 512}


@dataclass(frozen=True, slots=True)
class Roof:
    """Bytes and floating point operations a second, the best of several runs of what is good at either."""

    bandwidth: float
    rate: float

    def floor_ms(self, moved: float, operations: float) -> float:
        """The least time for so many bytes and operations, which a device does side by side."""
        return 1000 * max(moved / self.bandwidth, operations / self.rate)

    def bound(self, moved: float, operations: float) -> str:
        """Which of the two takes longer."""
        return "memory" if moved / self.bandwidth > operations / self.rate else "arithmetic"


def measure_roof(clock: Clock, dtype: torch.dtype, *, repeats: int = 20) -> Roof:
    """Both, in turn."""
    return Roof(_bandwidth(clock, repeats), _rate(clock, dtype, repeats))


def _bandwidth(clock: Clock, repeats: int) -> float:
    """By copying a large buffer, whose bytes are read and written, or by adding it up: whichever moves more."""
    source = torch.rand(_BYTES[clock.device.type] // 4, device=clock.device)
    target = torch.empty_like(source)
    copying = clock.series(lambda: target.copy_(source), repeats=repeats)
    reading = clock.series(source.sum, repeats=repeats)
    return 1000 * source.nbytes * max(2 / copying.low, 1 / reading.low)


def _rate(clock: Clock, dtype: torch.dtype, repeats: int) -> float:
    """By a large product of matrices; the first ones wake the clocks up."""
    side = _SIDE[clock.device.type]
    left, right = (torch.randn(side, side, dtype=dtype, device=clock.device) for _ in range(2))
    product = torch.empty_like(left)
    multiplying = clock.series(lambda: torch.mm(left, right, out=product), repeats=repeats, warm_up=repeats)
    return float(2 * side**3 / multiplying.low * 1000)
