"""A call of a network: replayed as one CUDA graph where there is a GPU, made as it is where there is none."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

Forward = Callable[[], Any]

# as many of cuDNN's algorithms are tried for each convolution
_ALGORITHMS = 4
# SDXL's UNet has a dozen shapes of one class of blocks, the VAE half a dozen
_SHAPES_OF_A_BLOCK = 64


@dataclass(frozen=True, slots=True)
class Blocks:
    """The classes, by name, of a network's repeated blocks.

    `any_batch`: one compilation serves every batch above 1 (their first axis); else each batch has its own.
    """

    names: tuple[str, ...]
    any_batch: bool = False


class Engine:
    """`forward` takes its inputs from buffers that stay in place; `outputs` are overwritten by every run.

    `operations` are counted in a first call without compiled blocks (products of matrices, convolutions, attention).
    `compiled` False leaves compiled blocks aside; on a GPU the whole call is captured as a CUDA graph either way.
    """

    def __init__(self, forward: Forward, device: torch.device, *, compiled: bool) -> None:
        self._forward = forward
        self._stance = "default" if compiled else "force_eager"
        self._graph: torch.cuda.CUDAGraph | None = None
        with torch.no_grad():
            # compiled kernels are not counted
            with torch.compiler.set_stance("force_eager"), FlopCounterMode(display=False) as counter:
                self.outputs = _tensors(forward())
            self.operations = counter.get_total_flops()
            if device.type == "cuda":
                with torch.compiler.set_stance(self._stance):
                    self._capture(device)

    def run(self) -> None:
        """Once."""
        if self._graph is not None:
            self._graph.replay()
            return
        with torch.no_grad(), torch.compiler.set_stance(self._stance):
            for old, new in zip(self.outputs, _tensors(self._forward()), strict=True):
                old.copy_(new)

    def _capture(self, device: torch.device) -> None:
        """Compile and warm up beside the current stream, as capturing asks for, then capture.

        The peak of memory is counted from here: what counting operations took is no part of it.
        """
        side = torch.cuda.Stream(device)
        side.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(side), _chosen_convolutions():
            for _ in range(3):
                self._forward()
        torch.cuda.current_stream(device).wait_stream(side)
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        graph = torch.cuda.CUDAGraph()
        with _chosen_convolutions(), torch.cuda.graph(graph):
            self.outputs = _tensors(self._forward())
        self._graph = graph


def compile_blocks(network: nn.Module, blocks: Blocks, *, backend: str = "inductor", tuned: bool = False) -> None:
    """In place: blocks of one shape share one compilation, where the whole network would take minutes.

    `tuned`: the compiler searches each kernel's launch sizes, and makes sums of products with one row.
    """
    options: dict[str, str | int | bool | Callable[..., Any]] = {"coordinate_descent_tuning": True}
    torch._dynamo.config.recompile_limit = _SHAPES_OF_A_BLOCK  # noqa: SLF001 - its only name
    for module in network.modules():
        if type(module).__name__ in blocks.names:
            compiled = torch.compile(module.forward, dynamic=False, backend=backend, options=options if tuned else None)
            module.forward = _any_batch(compiled) if blocks.any_batch else compiled


def _any_batch(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """Lets the first axis of every input differ from call to call."""

    @functools.wraps(compiled)
    def forward(*inputs: Any, **named: Any) -> Any:  # noqa: ANN401
        for each in (*inputs, *named.values()):
            if isinstance(each, Tensor):
                torch._dynamo.maybe_mark_dynamic(each, 0)  # noqa: SLF001 - its only name
        return compiled(*inputs, **named)

    return forward


@contextmanager
def _chosen_convolutions() -> Iterator[None]:
    """Lets cuDNN try its best few algorithms at a shape's first call and keep the fastest."""
    torch.backends.cudnn.benchmark, torch.backends.cudnn.benchmark_limit = True, _ALGORITHMS
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = False


def _tensors(outputs: Any) -> tuple[Tensor, ...]:  # noqa: ANN401
    return outputs if isinstance(outputs, tuple) else (outputs,)
