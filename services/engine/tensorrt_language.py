"""The LLaMA plan over a cache in device memory.

The exported graph gives whole rows of logits and no top-k, so a step brings back every live row (129 kB at 32330
ids) into pinned memory, and sampling stays the one of `sampling.py`, on the exact distribution.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.engine.compiled import Compiled, Execution, ShapeRange, check_tensor
from services.engine.contexts import Contexts
from services.engine.device import ALIGNMENT, Device
from services.engine.row_inputs import RowInputs
from services.engine.runtime import LanguageOutput, LanguageRows, PromptChunk
from services.manifest import LanguageSpec
from services.settings import SettingsError

_GIB = 2**30


class TensorrtLanguagePool:
    """Cache slots as the plan was built for: [slots, heads, span, head_dim] for each layer's keys and values.

    Past and present are one address, as TensorRT's cache update wants it: a step writes its entries in place and
    nothing else of the cache moves. A batch is the slots 0..n-1, a prompt a batch of one that begins at its slot.
    """

    def __init__(self, device: Device, compiled: Compiled, spec: LanguageSpec, width: int, *, slots: int) -> None:
        self.slots = slots
        self._device, self._compiled = device, compiled
        self._ranges = compiled.ranges("ids")
        self._longest = _check_profiles(compiled, self._ranges, slots)
        self._layout(compiled, spec, width)
        self._cache = {name: device.allocate(slots * self._slot_bytes) for name in _cache_names(spec)}
        self._step = RowInputs(device, slots, slots, width)
        self._prompt = RowInputs(device, 1, self._longest, width)
        self._logits = device.allocate(slots * spec.vocab * 4)
        self._features = device.allocate(slots * width * 4)
        self._output = LanguageOutput(
            device.pinned((slots, spec.vocab), np.float32), device.pinned((slots, width), np.float32)
        )
        self._contexts = Contexts(compiled)

    @property
    def rows(self) -> LanguageRows:
        """Pinned rows, read by the GPU where the loop writes them."""
        return self._step.rows

    def decode(self, count: int) -> LanguageOutput:
        """Feed one position to each of the slots 0..count-1."""
        self._run(self._step, count, 1, 0)
        return self._answer(count)

    def prefill(self, slot: int, chunk: PromptChunk) -> LanguageOutput:
        """Feed several positions to one slot, in pieces as long as the plan takes."""
        for start in range(0, len(chunk.ids), self._longest):
            if start:
                self._device.wait()  # the piece before is still being read from the rows that come next
            piece = slice(start, start + self._longest)
            tokens = self._prompt.write(chunk, piece)
            self._run(self._prompt, 1, tokens, slot)
        return self._answer(1)

    def copy(self, source: int, first: int, count: int, length: int) -> None:
        """Copy the first `length` entries of slot `source` to `count` slots."""
        pitch = self._slot_bytes // self._heads
        width = pitch // self.span * length
        if not width:
            return
        for place in self._cache.values():
            for slot in range(first, first + count):
                target, origin = place + slot * self._slot_bytes, place + source * self._slot_bytes
                self._device.copy_rows(target, origin, width=width, pitch=pitch, rows=self._heads)

    def clear(self, slot: int) -> None:
        """Zero a slot."""
        for place in self._cache.values():
            self._device.zero(place + slot * self._slot_bytes, self._slot_bytes)

    def _layout(self, compiled: Compiled, spec: LanguageSpec, width: int) -> None:
        """Check the plan against the manifest and the memory; the plan alone knows its span and number format."""
        for name in _cache_names(spec):
            found = check_tensor(compiled, f"past_{name}", (-1, spec.heads, -1, spec.head_dim))
        check_tensor(compiled, "features", (-1, -1, width), 4)
        check_tensor(compiled, "ids", (-1, -1), 8)
        check_tensor(compiled, "logits", (-1, spec.vocab), 4)
        check_tensor(compiled, "feature", (-1, width), 4)
        self.span, self._heads = found.shape[2], spec.heads
        if self.span < 1:
            raise SettingsError(f"{compiled.name}: the cache's length is not fixed: export the graph with --span")
        self._slot_bytes = spec.heads * self.span * spec.head_dim * found.itemsize
        if self._slot_bytes % ALIGNMENT:
            raise SettingsError(f"{compiled.name}: a slot of {self._slot_bytes} bytes is no multiple of {ALIGNMENT}")
        needed, free = 2 * spec.layers * self.slots * self._slot_bytes, self._device.free_memory()
        if needed > free:
            raise SettingsError(
                f"parameter 'slots': {self.slots} slots of {self.span} entries take {needed / _GIB:.1f} GiB, "
                f"{free / _GIB:.1f} GiB of the GPU are free: at most {free * self.slots // needed} fit"
            )

    def _run(self, inputs: RowInputs, rows: int, tokens: int, slot: int) -> None:
        profile, aim = _tightest(self._ranges, rows, tokens), (inputs, rows, tokens, slot)
        context = self._contexts.aimed(profile, aim, lambda context: self._aim(context, *aim))
        inputs.upload(rows, rows * tokens)
        context.run()

    def _aim(self, context: Execution, inputs: RowInputs, rows: int, tokens: int, slot: int) -> None:
        """Bind inputs, outputs and the slots from `slot` on."""
        for name, (place, shape) in inputs.tensors(rows, tokens).items():
            context.shape(name, shape)
            context.bind(name, place)
        for name, place in self._cache.items():
            context.shape(f"past_{name}", (rows, *self._compiled.tensors[f"past_{name}"].shape[1:]))
            for side in ("past", "present"):
                context.bind(f"{side}_{name}", place + slot * self._slot_bytes)
        context.bind("logits", self._logits)
        context.bind("feature", self._features)

    def _answer(self, rows: int) -> LanguageOutput:
        output = LanguageOutput(self._output.logits[:rows], self._output.features[:rows])
        self._device.download(output.logits, self._logits)
        self._device.download(output.features, self._features)
        self._device.wait()
        return output


class TensorrtLanguageRuntime:
    """A pool for each plan, shortest span first. A plan's span is fixed, and each brings its own weights."""

    def __init__(
        self, device: Device, plans: Sequence[Compiled], spec: LanguageSpec, width: int, *, slots: int
    ) -> None:
        pools = [TensorrtLanguagePool(device, plan, spec, width, slots=slots) for plan in plans]
        self.pools: Sequence[TensorrtLanguagePool] = sorted(pools, key=lambda pool: pool.span)
        longest = self.pools[-1].span
        if longest < spec.context:
            raise SettingsError(
                f"{plans[-1].name}: its cache holds {longest} entries, the manifest's context is {spec.context}: "
                f"export the graph with --span {spec.context}"
            )


def _cache_names(spec: LanguageSpec) -> list[str]:
    return [f"{kind}_{layer}" for layer in range(spec.layers) for kind in ("key", "value")]


def _tightest(ranges: Sequence[ShapeRange], rows: int, tokens: int) -> int:
    """The profile of the fewest positions that takes so many: a step of one row runs where other steps run."""
    taking = [number for number, found in enumerate(ranges) if found.takes(rows, tokens)]
    return min(taking, key=lambda number: ranges[number].high[0] * ranges[number].high[1])


def _check_profiles(compiled: Compiled, ranges: Sequence[ShapeRange], slots: int) -> int:
    """The longest piece of a prompt; SettingsError for a number of rows or positions that no profile takes."""
    longest = max((found.high[1] for found in ranges if found.low[0] <= 1), default=0)
    steps = [(rows, 1) for rows in range(1, slots + 1)] + [(1, tokens) for tokens in range(1, longest + 1)]
    for rows, tokens in steps:
        if not any(found.takes(rows, tokens) for found in ranges):
            raise SettingsError(
                f"{compiled.name}: no profile takes {rows} rows of {tokens} positions: build the plan for "
                f"{slots} slots and prompts from 1 position on, or lower parameter 'slots'"
            )
    return longest
