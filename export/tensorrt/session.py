"""One run of a build on this machine: the table, the checks, the bars, the plans."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from export.tensorrt.build import build_plans
from export.tensorrt.machine import Probe
from export.tensorrt.plan import WantedPlan
from export.tensorrt.preflight import Machine, check
from export.tensorrt.progress import TerminalProgress
from export.tensorrt.table import plan_table
from export.tensorrt.timing import TimingStore
from export.tensorrt.toolkit import Compiler


@dataclass(frozen=True, slots=True)
class Session:
    """The machine, what compiles on it (opened only if something is to be built), and where its timings are kept."""

    machine: Machine
    probe: Probe
    compiler: Callable[[], Compiler]
    timings: TimingStore
    console: Console

    def missing(self, plans: Sequence[WantedPlan]) -> list[WantedPlan]:
        """Show the table; the plans that are not built yet. PreflightError if they cannot be."""
        target = self.machine.target
        self.console.print(plan_table(plans, target))
        missing = [plan for plan in plans if not plan.is_built(target)]
        check(self.machine, missing, self.probe)
        return missing

    def build(self, plans: Sequence[WantedPlan]) -> None:
        """Build what is not built yet; PlanBuildError at the first that fails."""
        target, report = self.machine.target, self.console.print
        bars, compiler = lambda: _bars(self.console), self.compiler()
        build_plans(plans, target, compiler, timings=self.timings, progress=bars, report=report)


@contextmanager
def _bars(console: Console) -> Iterator[TerminalProgress]:
    """Bars, and Ctrl-C as a request to TensorRT, whose threads would not notice an exception."""
    with TerminalProgress(console) as bars:
        before = signal.signal(signal.SIGINT, lambda *_: bars.stop())
        try:
            yield bars
        finally:
            signal.signal(signal.SIGINT, before)
