"""A call of a network that is compiled and replayed where there is a GPU, and called as it is where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

Forward = Callable[[], Any]


class Engine:
    """`forward` takes its inputs from buffers that stay in place; `outputs` are overwritten by every run.

    On a GPU the modules of `network` whose class is named in `blocks` are compiled and the whole call is captured as
    a CUDA graph. `operations` are counted in the first call (products of matrices, convolutions, attention).
    """

    def __init__(self, network: nn.Module, forward: Forward, device: torch.device, *, blocks: tuple[str, ...]) -> None:
        self._forward = forward
        self._graph: torch.cuda.CUDAGraph | None = None
        with torch.no_grad():
            # Eager, also where an engine of another batch has compiled the blocks: compiled kernels are not counted.
            with torch.compiler.set_stance("force_eager"), FlopCounterMode(display=False) as counter:
                self.outputs = _tensors(forward())
            self.operations = counter.get_total_flops()
            if device.type == "cuda":
                _compile(network, blocks)
                self._capture(device)

    def run(self) -> None:
        """Once."""
        if self._graph is not None:
            self._graph.replay()
            return
        with torch.no_grad():
            for old, new in zip(self.outputs, _tensors(self._forward()), strict=True):
                old.copy_(new)

    def _capture(self, device: torch.device) -> None:
        """Warm up beside the current stream, as capturing asks for, then capture."""
        side = torch.cuda.Stream(device)
        side.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(side):
            for _ in range(3):
                self._forward()
        torch.cuda.current_stream(device).wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self.outputs = _tensors(self._forward())


def _compile(network: nn.Module, blocks: tuple[str, ...]) -> None:
    """In place: blocks of one shape share one compilation, where the whole network would take minutes."""
    for module in network.modules():
        if type(module).__name__ in blocks:
            module.compile(dynamic=False)


def _tensors(outputs: Any) -> tuple[Tensor, ...]:  # noqa: ANN401
    return outputs if isinstance(outputs, tuple) else (outputs,)
