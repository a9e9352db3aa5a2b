"""Another runtime's number of a case, beside torch's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from bench.gpu.run import Run
from bench.measures import Series


def keep(run: Run, backend: str, name: str, batch: int, series: Series) -> None:
    """Beside torch's result of the same case: the network and so its floor are the same."""
    for result in list(run.results):
        if (result.case.name, result.case.batch) == (name, batch):
            run.keep(replace(result.case, backend=backend), series)
            return


def series(work: Callable[[], object], repeats: int) -> Series:
    """Milliseconds by the host's clock, after two runs that do not count."""
    times = []
    for _ in range(repeats + 2):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return Series(tuple(times[2:]), "ms")
