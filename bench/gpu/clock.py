"""How long work takes on a device that does it later."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from bench.measures import Series

Work = Callable[[], object]


class Clock:
    """Times work to its end. On a GPU: by events on the stream, so that launching is not counted twice."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def series(self, work: Work, *, repeats: int, warm_up: int = 2) -> Series:
        """Milliseconds of each of `repeats` runs, after some that do not count."""
        for _ in range(warm_up):
            work()
        self.settle()
        return Series(tuple(self._once(work) for _ in range(repeats)), "ms")

    def settle(self) -> None:
        """Wait until all work is done."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _once(self, work: Work) -> float:
        if self.device.type != "cuda":
            begin = time.perf_counter()
            work()
            return 1000 * (time.perf_counter() - begin)
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end))
