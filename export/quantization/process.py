"""ModelOpt, called in the environment it is installed in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.onnx.facts import Facts
from export.quantization.mode import Method
from export.quantization.problem import QuantizationError
from export.quantization.trajectory import Inputs

SCRIPT = Path(__file__).with_name("modelopt_process.py")


@dataclass(frozen=True, slots=True)
class ModelOpt:
    """`python` is the interpreter of ModelOpt's environment, `provider` what calibrates: "cpu" or "cuda:0"."""

    python: Path
    method: Method = Method.MAX
    provider: str = "cpu"

    def run(self, graph: Path, out: Path, facts: Facts, data: Inputs, excluded: Sequence[str], *, beside: bool) -> None:
        """Write `graph` to `out` in the formats of `facts`; `beside` puts weights beside it."""
        if not self.python.is_file():
            raise QuantizationError(f"{self.python} does not exist: make ModelOpt's environment, see docs/tensorrt.md")
        arrays, job = out.with_suffix(".npz"), out.with_suffix(".json")
        np.savez(arrays, **data)
        content = {"onnx_path": str(graph), "output_path": str(out), "quantize_mode": facts.quantization}
        content |= {"calibration": str(arrays), "calibration_method": self.method.value}
        content |= {"high_precision_dtype": facts.precision}
        lists = {"calibration_eps": [self.provider], "nodes_to_exclude": list(excluded)}
        job.write_text(json.dumps(content | lists | {"use_external_data_format": beside}))
        command = [str(self.python), str(SCRIPT), str(job)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own script
        if done.returncode or not out.is_file():
            said = (done.stderr or done.stdout).strip().splitlines()
            raise QuantizationError(f"{out.name}: ModelOpt failed: {said[-1] if said else 'it said nothing'}")
        arrays.unlink()
        job.unlink()
