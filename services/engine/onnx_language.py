"""The LLaMA graph in ONNX Runtime, over caches that numpy owns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from services.engine.arrays import Array, Floats
from services.engine.onnx_session import bind, open_session
from services.engine.runtime import LanguageOutput, LanguageRows, PromptChunk
from services.manifest import LanguageSpec


class OnnxLanguagePool:
    """Cache slots of `span` entries: an array [slots, heads, span, head_dim] for each layer's keys and values.

    A batch is the slots lo..hi-1, bound where they lie; past and present are the same memory.
    """

    def __init__(self, session: ort.InferenceSession, spec: LanguageSpec, width: int, *, slots: int, span: int) -> None:
        self.slots = slots
        self.span = span
        self.rows = LanguageRows.empty(slots, width)
        self._session = session
        shape = (slots, spec.heads, span, spec.head_dim)
        self._cache: dict[str, Floats] = {
            f"{kind}_{layer}": np.zeros(shape, np.float32) for layer in range(spec.layers) for kind in ("key", "value")
        }
        self._last = np.zeros(slots, np.int64)
        self._output = LanguageOutput(np.zeros((slots, spec.vocab), np.float32), np.zeros((slots, width), np.float32))
        self._decoders: dict[int, ort.IOBinding] = {}
        self._prompt_output = LanguageOutput(np.zeros((1, spec.vocab), np.float32), np.zeros((1, width), np.float32))
        self._prompt_last = np.zeros(1, np.int64)
        self._prompt_past = np.zeros(1, np.int64)

    def decode(self, count: int) -> LanguageOutput:
        """Feed one position to each of the slots 0..count-1."""
        if count not in self._decoders:
            self._decoders[count] = self._bind_decoder(count)
        self._session.run_with_iobinding(self._decoders[count])
        return LanguageOutput(self._output.logits[:count], self._output.features[:count])

    def prefill(self, slot: int, chunk: PromptChunk) -> LanguageOutput:
        """Feed several positions to one slot."""
        self._prompt_past[0] = chunk.past_length
        self._prompt_last[0] = len(chunk.ids) - 1
        inputs: dict[str, Array] = {
            "ids": np.ascontiguousarray(chunk.ids[None]),
            "features": np.ascontiguousarray(chunk.features[None]),
            "is_feature": np.ascontiguousarray(chunk.is_feature[None]),
            "past_length": self._prompt_past,
            "last": self._prompt_last,
        }
        self._session.run_with_iobinding(self._bind(inputs, self._prompt_output, slot, slot + 1))
        return self._prompt_output

    def copy(self, source: int, first: int, count: int, length: int) -> None:
        """Copy the first `length` entries of slot `source` to `count` slots."""
        for cache in self._cache.values():
            cache[first : first + count, :, :length] = cache[source, :, :length]

    def clear(self, slot: int) -> None:
        """Zero a slot."""
        for cache in self._cache.values():
            cache[slot] = 0

    def _bind_decoder(self, rows: int) -> ort.IOBinding:
        inputs: dict[str, Array] = {
            "ids": self.rows.ids[:rows, None],
            "features": self.rows.features[:rows, None],
            "is_feature": self.rows.is_feature[:rows, None],
            "past_length": self.rows.past_length[:rows],
            "last": self._last[:rows],
        }
        return self._bind(inputs, LanguageOutput(self._output.logits[:rows], self._output.features[:rows]), 0, rows)

    def _bind(self, inputs: dict[str, Any], output: LanguageOutput, low: int, high: int) -> ort.IOBinding:
        slots = {name: cache[low:high] for name, cache in self._cache.items()}
        past: dict[str, Array] = {f"past_{name}": cache for name, cache in slots.items()}
        present: dict[str, Array] = {f"present_{name}": cache for name, cache in slots.items()}
        outputs: dict[str, Array] = {"logits": output.logits, "feature": output.features}
        return bind(self._session, inputs | past, outputs | present)


class OnnxLanguageRuntime:
    """One session, a pool for each span."""

    def __init__(
        self, graph: Path, spec: LanguageSpec, width: int, *, slots: int, spans: Sequence[int], threads: int
    ) -> None:
        session = open_session(graph, threads)
        self.pools: Sequence[OnnxLanguagePool] = [
            OnnxLanguagePool(session, spec, width, slots=slots, span=span) for span in spans
        ]
