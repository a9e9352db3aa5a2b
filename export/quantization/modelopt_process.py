"""`PYTHON modelopt_process.py JOB.json`, PYTHON of the environment that NVIDIA's ModelOpt is installed in.

ModelOpt wants an older onnx and another ONNX Runtime than the exporter, so this file imports nothing of the project.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from modelopt.onnx.quantization.quantize import quantize


def main(job: Path) -> None:
    """Quantize as the job says; ModelOpt's own errors go to stderr."""
    wanted = json.loads(job.read_text())
    with np.load(wanted.pop("calibration")) as arrays:
        quantize(calibration_data=dict(arrays), log_level="WARNING", **wanted)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
