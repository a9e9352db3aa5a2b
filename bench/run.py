"""All measurements of one run. What is compared is measured next to each other, repeat by repeat."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench import generation, pictures
from bench.chats import Gateway
from bench.in_process import DENOISER, LANGUAGE, InProcess, Wish
from bench.measures import Bound, Row, Series, Target, paired_ratio, percentile
from bench.peer import Peer
from bench.scrape import Reading, read
from bench.wishes import painting_ids, rewriting_ids
from deploy.local import processes
from deploy.local.settings import StackSettings
from services.gateway.tokenizer import Tokenizer
from services.inference.generator import GeneratorClient
from services.manifest import Manifest

CONCURRENT = (1, 4, 8)
STACK, TRANSFORMERS, REFERENCE, GRAPHS = "stack", "transformers generate", "PyTorch one by one", "graphs in process"
DECODE, IMAGES, LATENCY, LATENCY_95 = "decode", "images", "image latency, median", "image latency, 95 %"
ALONE, MEMORY = "one image alone", "memory of all services"
ROWS_DENOISE, ROWS_DECODE = "rows of a denoising step", "rows of a decode step"

_TOKENS = 128
_ROUNDS = 2
_ALONE_PAIRS = 5
# The loop models publish their counters once a second.
_PUBLISHED_SECONDS = 2.5
_GIB = 2**30

Key = tuple[str, int, str]
Report = Callable[[str], None]


class Run:
    """Collects the repeats of every measurement."""

    def __init__(self, settings: StackSettings, repository: Path) -> None:
        self._settings = settings
        self._manifest = Manifest.load(repository)
        self._tokenizer = Tokenizer.load(repository, self._manifest)
        self._peer = Peer(self._manifest)
        self._graphs = InProcess(repository, self._manifest)
        self._values: dict[Key, list[float]] = defaultdict(list)
        self._units: dict[Key, str] = {}

    async def measure(self, repeats: int, report: Report) -> None:
        """Everything `repeats` times, after one round that warms all caches and is not counted."""
        generator = GeneratorClient(self._settings.triton_url)
        try:
            async with Gateway(self._settings.gateway_address) as gateway:
                await self._repeat(gateway, generator, 0, lambda text: report(f"warming up: {text}"))
                self._values.clear()
                for repeat in range(1, repeats + 1):
                    await self._repeat(gateway, generator, repeat, _numbered(report, repeat, repeats))
        finally:
            await generator.close()

    async def _repeat(self, gateway: Gateway, generator: GeneratorClient, repeat: int, report: Report) -> None:
        for concurrent in CONCURRENT:
            report(f"decoding, {concurrent} concurrent")
            await self._decode(generator, concurrent)
        for concurrent in CONCURRENT:
            report(f"pictures, {concurrent} concurrent")
            await self._pictures(gateway, concurrent, repeat)
        report("one picture alone")
        await self._alone(gateway, repeat)

    async def _decode(self, generator: GeneratorClient, concurrent: int) -> None:
        before = await self._counters()
        ours = await generation.tokens_per_second(generator, self._tokenizer, concurrent=concurrent, tokens=_TOKENS)
        between = (await self._counters()).since(before)
        prompts = [rewriting_ids(self._tokenizer, number) for number in range(concurrent)]
        self._add(DECODE, concurrent, STACK, ours, "tokens/s")
        self._add(DECODE, concurrent, TRANSFORMERS, self._peer.tokens_per_second(prompts, _TOKENS), "tokens/s")
        self._add(ROWS_DECODE, concurrent, STACK, between.rows_per_step(LANGUAGE, "decode"), "rows")

    async def _pictures(self, gateway: Gateway, concurrent: int, repeat: int) -> None:
        before = await self._counters()
        made = await pictures.concurrently(gateway, concurrent=concurrent, rounds=_ROUNDS, seed=1000 * repeat)
        between = (await self._counters()).since(before)
        seconds = [self._peer.picture_seconds(number, seed=number) for number in range(_ROUNDS)]
        self._add(IMAGES, concurrent, STACK, made.per_second, "1/s")
        self._add(IMAGES, concurrent, REFERENCE, len(seconds) / sum(seconds), "1/s")
        self._add(LATENCY, concurrent, STACK, percentile(made.latencies, 50), "s")
        self._add(LATENCY_95, concurrent, STACK, percentile(made.latencies, 95), "s")
        self._add(ROWS_DENOISE, concurrent, STACK, between.rows_per_step(DENOISER, "denoise"), "rows")
        self._add(MEMORY, concurrent, STACK, self._memory(), "GiB")

    async def _alone(self, gateway: Gateway, repeat: int) -> None:
        for pair in range(_ALONE_PAIRS):
            seed = 1000 * repeat + pair
            ours = await pictures.latency(gateway, pair, seed)
            self._add(ALONE, 1, STACK, ours, "s")
            self._add(ALONE, 1, GRAPHS, self._in_process_seconds(pair, seed), "s")

    async def _counters(self) -> Reading:
        """Triton's metrics once the models have published their last steps."""
        await asyncio.sleep(_PUBLISHED_SECONDS)
        return read(self._settings.triton_metrics_port)

    def _in_process_seconds(self, number: int, seed: int) -> float:
        ids = painting_ids(self._tokenizer, number)
        wish = Wish(ids, seed, self._manifest.steps, self._manifest.guidance)
        return self._graphs.picture_seconds(wish)

    def _memory(self) -> float:
        found = processes.of_stack(self._settings.state)
        return sum(processes.proportional_memory(process) for process in found) / _GIB

    def _add(self, measure: str, concurrent: int, subject: str, value: float, unit: str) -> None:
        if math.isnan(value):
            return  # rows of no step at all: nothing was measured
        key = (measure, concurrent, subject)
        self._values[key].append(value)
        self._units[key] = unit

    def series(self, measure: str, concurrent: int, subject: str) -> Series:
        """The repeats of one measurement."""
        key = (measure, concurrent, subject)
        return Series(tuple(self._values[key]), self._units[key])

    def rows(self) -> list[Row]:
        """Everything measured, by measure."""
        order = (DECODE, ROWS_DECODE, IMAGES, LATENCY, LATENCY_95, ROWS_DENOISE, ALONE, MEMORY)
        keys = sorted(self._values, key=lambda key: (order.index(key[0]), key[1]))
        return [Row(*key, self.series(*key)) for key in keys]

    def targets(self) -> list[Target]:
        """The project's promises."""
        busiest = CONCURRENT[-1]
        decode = paired_ratio(self.series(DECODE, busiest, STACK), self.series(DECODE, busiest, TRANSFORMERS))
        images = paired_ratio(self.series(IMAGES, busiest, STACK), self.series(IMAGES, busiest, REFERENCE))
        alone = paired_ratio(self.series(ALONE, 1, STACK), self.series(ALONE, 1, GRAPHS))
        overhead = Series(tuple(100 * (ratio - 1) for ratio in alone.values), "%")
        return [
            Target(f"decoding at {busiest}, stack to transformers", decode, Bound.AT_LEAST, 2.0),
            Target(f"images/s at {busiest}, stack to PyTorch", images, Bound.AT_LEAST, 1.5),
            Target("one image alone, slower than its graphs", overhead, Bound.AT_MOST, 15.0),
            Target("memory of all services", self.series(MEMORY, busiest, STACK), Bound.AT_MOST, 3.0),
        ]


def _numbered(report: Report, repeat: int, repeats: int) -> Report:
    return lambda text: report(f"{repeat}/{repeats}: {text}")
