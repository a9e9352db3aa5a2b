"""Whoever runs `python -m export plans`, on a machine as told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from export import command
from export.presets import Preset, registry

from .fakes import FakeCompiler, FakeProbe


class Operator:
    """Runs the command on a machine as told, in a folder of its own."""

    def __init__(self, folder: Path, authors: Path, preset: Preset, graphs: Path | None = None) -> None:
        """`graphs` that another operator has exported are not exported again."""
        self.folder, self._authors, self._preset = folder, authors, preset
        self.repository, self.graphs = folder / "repository", graphs or folder / "graphs"

    def run(self, compiler: FakeCompiler, probe: FakeProbe, *arguments: str) -> Result:
        folders = {"--checkpoint": self._authors, "--repository": self.repository}
        folders |= {"--graphs": self.graphs, "--timings": self.folder / "timings"}
        given = [str(word) for pair in folders.items() for word in pair]
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(registry._PRESETS, self._preset.name, lambda: self._preset)
            patch.setattr(command, "open_compiler", lambda: compiler)
            patch.setattr(command, "LocalProbe", lambda: probe)
            line = ["plans", *given, "--preset", self._preset.name, *arguments]
            return CliRunner().invoke(command.app, line, env={"COLUMNS": "200"})

    def wrote_nothing(self) -> bool:
        return not any(self.folder.iterdir())


@dataclass(frozen=True, slots=True)
class Planned:
    """A run of the command and what was asked of the compiler."""

    operator: Operator
    result: Result
    compiler: FakeCompiler

    def graph(self, name: str, precision: str = "fp16") -> Path:
        """An engine's typed graph."""
        return self.operator.graphs / f"small-served-{precision}" / f"{name}.onnx"
