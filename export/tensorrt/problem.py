"""The one tree of errors of a plan's build."""

from __future__ import annotations

from collections.abc import Sequence


class PlanBuildError(RuntimeError):
    """A plan cannot be built; the message is a sentence."""


class GraphError(PlanBuildError):
    """A graph is missing or is not one that this project exports for TensorRT."""


class BuildCancelledError(PlanBuildError):
    """The operator stopped the build."""


class PreflightError(PlanBuildError):
    """What stands in the way, all of it; nothing was begun."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
