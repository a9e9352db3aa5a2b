"""Opening a graph in ONNX Runtime and binding numpy arrays to it by pointer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnxruntime as ort

from services.engine.arrays import Array, address


def open_session(graph: Path, threads: int) -> ort.InferenceSession:
    """A session on `threads` CPU threads that wait for each other awake within a run and sleep between runs.

    A step is some hundred short kernels: threads that fall asleep after each cost a third of a small step's time.
    Threads that stay awake after the run would steal the cores from the other processes.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def bind(session: ort.InferenceSession, inputs: Mapping[str, Array], outputs: Mapping[str, Array]) -> ort.IOBinding:
    """A binding of contiguous arrays, which the caller keeps alive; one array may be input and output."""
    binding = session.io_binding()
    for name, array in inputs.items():
        binding.bind_input(name, "cpu", 0, array.dtype.type, array.shape, address(array))
    for name, array in outputs.items():
        binding.bind_output(name, "cpu", 0, array.dtype.type, array.shape, address(array))
    return binding
