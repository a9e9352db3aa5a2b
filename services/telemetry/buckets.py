"""Histogram bounds in seconds.

Sources: OpenTelemetry's GenAI semantic conventions (`gen_ai.server.time_to_first_token`,
`gen_ai.server.time_per_output_token`, `gen_ai.client.operation.duration`), kept whole so that dashboards written for
them fit, with finer bounds between where our own speeds lie: a percentile is only as sharp as the bucket it falls in.
"""

from __future__ import annotations

_GENAI_FIRST_TOKEN = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_GENAI_PER_TOKEN = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
_GENAI_OPERATION = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)


def _merged(*groups: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted({bound for group in groups for bound in group}))


FIRST_TOKEN = _merged(_GENAI_FIRST_TOKEN, (0.015, 0.03, 0.15, 0.35))
PER_TOKEN = _merged(_GENAI_PER_TOKEN, (0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.0125, 0.015, 0.02, 0.035))
OPERATION = _merged(_GENAI_OPERATION, (0.25, 0.45, 0.9, 1.8, 3.6, 7.2, 14.5, 30.0, 60.0))
# One denoising step: milliseconds for the small preset, seconds for a full UNet on a CPU.
STEP = _merged(_GENAI_PER_TOKEN, (0.001, 0.002, 0.005, 0.015, 0.02, 0.035, 5.0, 10.0))
# A job may wait behind a full queue for minutes.
QUEUE = _merged(_GENAI_OPERATION, (0.001, 0.0025, 0.005, 163.84, 327.68))
# From order to picture: a fifth of a second for the small preset, minutes behind a queue. No class has many series.
IMAGE = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
CANCEL = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
# An operation may hold a hundred pictures and wait behind others for hours.
OPERATION_END = (*IMAGE, 1800.0, 3600.0, 21600.0, 86400.0)
STORE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TRIES = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0)
