"""Every case in turn, each network made and dropped, until all are done or the time is over."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from bench.gpu.clock import Clock
from bench.gpu.decoding import DecodeStep, InPlaceAttention, decode_network, generate_features
from bench.gpu.engine import Blocks, Engine, Forward, compile_blocks
from bench.gpu.networks import random_network, weight_bytes
from bench.gpu.result import Case, Omission, Result
from bench.measures import Series
from export.networks import build_decoder, build_denoiser, build_language, build_vision
from export.onnx.decoder import DecoderGraph
from export.onnx.denoiser import DenoiserGraph
from export.onnx.vision import VisionGraph
from export.presets import Preset

DECODE, FEATURES, VISION, UNET, DECODER = "LLaMA decode", "64 features", "EVA-CLIP", "UNet step", "VAE decode"
_BATCHES = {DECODE: (1, 8, 32), VISION: (1,), UNET: (1, 4, 8), DECODER: (1,)}
_BLOCKS = {
    DECODE: Blocks(("_Block",)),
    VISION: Blocks(("VisionBlock",)),
    UNET: Blocks(("BasicTransformerBlock", "ResnetBlock2D"), any_batch=True),
    DECODER: Blocks(("ResnetBlock2D",)),
}
Report = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """The cases of a preset on one device. `span`: entries of the cache; `deadline`: by `time.monotonic`.

    `compiled`: the networks' repeated blocks are compiled; `tuned`: LLaMA's kernels are searched for.
    `save` is called after every result and omission.
    """

    preset: Preset
    clock: Clock
    dtype: torch.dtype
    span: int
    repeats: int
    deadline: float
    report: Report
    compiled: bool = False
    tuned: bool = False
    save: Callable[[], None] = lambda: None
    results: list[Result] = field(default_factory=list)
    left: list[Omission] = field(default_factory=list)

    def batches(self, name: str) -> tuple[int, ...]:
        """How many at once, ascending."""
        return _BATCHES[name]

    def measure(self) -> None:
        """All cases, those that a user waits for most first."""
        for group in (self._language, self._denoiser, self._vision, self._decoder):
            group()

    def keep(self, case: Case, series: Series) -> None:
        """One more result."""
        self.results.append(Result(case, series, self._peak()))
        self.report(f"{case.name}, batch {case.batch}, {case.backend}: {series.median:.3g} ms")
        self.save()

    def _language(self) -> None:
        def build() -> nn.Module:
            return decode_network(build_language(self.preset))

        def one(network: nn.Module, batch: int) -> None:
            self._decode(DecodeStep(network, self.preset.language, batch, self.span), batch)  # type: ignore[arg-type]

        self._each(DECODE, build, one)

    def _vision(self) -> None:
        def build() -> nn.Module:
            return VisionGraph(build_vision(self.preset))

        def one(network: nn.Module, batch: int) -> None:
            side = self.preset.vision.image_size
            self._network(VISION, network, (self._random(batch, 3, side, side),))

        self._each(VISION, build, one)

    def _denoiser(self) -> None:
        def build() -> nn.Module:
            unet: Any = build_denoiser(self.preset)
            return DenoiserGraph(unet, self.dtype)

        def one(network: nn.Module, batch: int) -> None:
            self._network(UNET, network, self._denoiser_inputs(batch))

        self._each(UNET, build, one)

    def _decoder(self) -> None:
        def build() -> nn.Module:
            vae: Any = build_decoder(self.preset)
            return DecoderGraph(vae, self.preset.decoder.scaling_factor, self.dtype)

        def one(network: nn.Module, batch: int) -> None:
            self._network(DECODER, network, (self._latents(batch),))

        self._each(DECODER, build, one)

    def _each(self, name: str, build: Callable[[], nn.Module], one: Callable[[nn.Module, int], None]) -> None:
        """`one` at every batch over one network; what fails is told and the others still get their numbers."""

        def all_batches() -> None:
            network = random_network(build, self.clock.device, self.dtype)
            if self.compiled:
                compile_blocks(network, _BLOCKS[name], tuned=self.tuned and name == DECODE)
            for batch in self.batches(name):
                self.attempt(name, batch, partial(one, network, batch))

        self.attempt(name, self.batches(name)[0], all_batches)
        torch.compiler.reset()

    def _network(self, name: str, network: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        engine, backend = self._engine(lambda: network(*inputs))
        series = self.clock.series(engine.run, repeats=self.repeats)
        self.keep(Case(name, len(inputs[0]), backend, weight_bytes(network), engine.operations), series)

    def _decode(self, step: DecodeStep, batch: int) -> None:
        step.past_length.fill_(self.span - 1)
        engine, backend = self._engine(step)
        operations = engine.operations + InPlaceAttention(self.preset.language).operations(batch, self.span)
        series = self.clock.series(engine.run, repeats=4 * self.repeats)
        case = Case(DECODE, batch, backend, step.moved, operations)
        self.keep(case, series)
        if batch == 1:
            self._features(step, engine, case)

    def _features(self, step: DecodeStep, engine: Engine, of_one: Case) -> None:
        count, start = self.preset.features, self.span - self.preset.features

        def work() -> None:
            generate_features(step, engine.outputs[1], engine.run, start=start, count=count)

        series = self.clock.series(work, repeats=self.repeats, warm_up=1)
        self.keep(Case(FEATURES, 1, of_one.backend, count * of_one.moved, count * of_one.operations), series)

    def _engine(self, forward: Forward) -> tuple[Engine, str]:
        """The engine and what runs it; blocks that cannot be compiled run as they are."""
        device, graphs = self.clock.device, ", CUDA graphs" if self.clock.device.type == "cuda" else ""
        if self.compiled:
            try:
                return Engine(forward, device, compiled=True), f"torch, compiled{graphs}"
            except Exception as error:  # noqa: BLE001 - compilers raise anything; without them there is a number too
                self.report(f"not compiled: {_reason(error)}")
        return Engine(forward, device, compiled=False), f"torch, eager{graphs}"

    def _denoiser_inputs(self, batch: int) -> tuple[Tensor, ...]:
        ones = torch.ones(batch, device=self.clock.device)
        features = self._random(batch, self.preset.features, self.preset.denoiser.feature_width)
        return self._latents(batch), ones, 0.9 * ones, 500 * ones, features, self._random(batch, 6), 7 * ones

    def _latents(self, batch: int) -> Tensor:
        side = self.preset.latent_size
        return self._random(batch, self.preset.denoiser.latent_channels, side, side)

    def _random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.clock.device)

    def attempt(self, name: str, batch: int, work: Callable[[], None]) -> None:
        """A failure, or a start after the deadline, becomes an omission; memory is emptied behind it."""
        if time.monotonic() > self.deadline:
            self._leave(name, batch, "the time is over")
            return
        self.report(f"{name}, batch {batch}: begins")
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever a case fails of, the others are still to be measured
            self._leave(name, batch, _reason(error))
        gc.collect()
        if self.clock.device.type == "cuda":
            torch.cuda.empty_cache()

    def _leave(self, name: str, batch: int, reason: str) -> None:
        self.left.append(Omission(name, batch, reason))
        self.report(f"left out: {name}, batch {batch}: {reason}")
        self.save()

    def _peak(self) -> float:
        if self.clock.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.clock.device) / 2**30
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _reason(error: Exception) -> str:
    """The first line that says something."""
    lines = (line.strip() for line in str(error).splitlines())
    return f"{type(error).__name__}: {next((line for line in lines if line), 'no message')}"
