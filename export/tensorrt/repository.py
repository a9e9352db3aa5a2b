"""From weights to a repository of plans: graphs, plans, tokenizer and, last of all, the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from export import manifest
from export.build import write_graphs, write_tokenizer
from export.digest import weights_digest
from export.onnx.engines import engines
from export.onnx.precision import Precision
from export.source import WeightsSource
from export.tensorrt.build import PLAN, wanted_plans
from export.tensorrt.graph import GraphFile
from export.tensorrt.options import BuildOptions
from export.tensorrt.plan import WantedPlan
from export.tensorrt.preflight import check
from export.tensorrt.profile import ENGINES, profiles
from export.tensorrt.quantized import check_weights
from export.tensorrt.session import Session
from export.tensorrt.sketch import sketch_graph
from export.tensorrt.table import plan_table


@dataclass(frozen=True, slots=True)
class PlanRepository:
    """What is to lie in `repository`, and the folder that its typed graphs are kept in, for a build that goes on.

    `quantized` graphs take the place of typed ones.
    """

    source: WeightsSource
    graphs: Path
    repository: Path
    precision: Precision
    span: int
    options: BuildOptions
    quantized: Mapping[str, GraphFile] = field(default_factory=dict)

    def sketched(self) -> list[WantedPlan]:
        """The plans whose graph or plan is not there yet, as far as the preset tells."""
        names = [name for name in ENGINES if not (self._graph(name).is_file() and self._plan(name).is_file())]
        return [self._sketch(name) for name in names]

    def preflight(self, session: Session) -> None:
        """PreflightError with all that stands in the way, before a weight is read or a graph written."""
        plans = self.sketched()
        if not plans:
            return
        session.console.print(plan_table(plans, session.machine.target))
        unwritten = [plan for plan in plans if not plan.graph.path.is_file()]
        check(session.machine, plans, session.probe, unwritten)

    def build(self, session: Session) -> Path:
        """Do what is not done yet; returns the manifest's path. What is done stays if it fails: a next call goes on."""
        files = {name: self._graph(name) for name in ENGINES}
        origin, report = self.source.origin(), session.console.print
        check_weights(self.quantized, weights_digest(origin))
        typed = {name: path for name, path in files.items() if name not in self.quantized}
        write_graphs(self.source, typed, self.precision, self.span, report)
        plans = wanted_plans(self.source.preset, files, self.repository, self.options)
        missing = session.missing(plans)
        if missing:
            # no manifest stands over plans of two builds
            (self.repository / manifest.FILE).unlink(missing_ok=True)
            session.build(plans)
        tokenizer = write_tokenizer(self.source, self.repository)
        content = manifest.describe(self.source.preset, self.repository, files, tokenizer, origin)
        return manifest.write(content, self.repository)

    def _sketch(self, name: str) -> WantedPlan:
        engine = next(engine for engine in engines() if engine.name == name)
        graph = self.quantized.get(name) or sketch_graph(
            engine, self.source.preset, self.precision, self.span, self._graph(name)
        )
        return WantedPlan(graph, profiles(graph, self.source.preset), self.options, self._plan(name))

    def _graph(self, name: str) -> Path:
        return self.quantized[name].path if name in self.quantized else self.graphs / f"{name}.onnx"

    def _plan(self, name: str) -> Path:
        return self.repository / name / PLAN
