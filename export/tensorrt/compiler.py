"""TensorRT 10.16 and 11 behind the `Compiler` protocol. The package is imported when a compiler is opened, not before.

The tests drive it with a module of the same face and with the real bindings of TensorRT-RTX (`rehearsal/`); TensorRT
itself has not built a plan by it yet.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Sequence
from typing import Any

from export.tensorrt.options import Hardware
from export.tensorrt.problem import BuildCancelledError, PlanBuildError
from export.tensorrt.profile import Profile
from export.tensorrt.toolkit import BuildRequest, Built, Progress


def open_compiler() -> TensorRTCompiler:
    """TensorRT as installed; PlanBuildError if it is not."""
    try:
        return TensorRTCompiler(importlib.import_module("tensorrt"))
    except ImportError as error:
        raise PlanBuildError(f"tensorrt cannot be imported ({error}): install tensorrt 10.16 or 11") from error


class TensorRTCompiler:
    """`trt` is the module tensorrt."""

    def __init__(self, trt: Any) -> None:  # noqa: ANN401 - tensorrt has no types
        self._trt = trt
        self._messages = _messages(trt)

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        """Compile; the plan is TensorRT's own buffer."""
        self._messages.last = ""
        builder = self._trt.Builder(self._messages)
        network = builder.create_network(self._network_flags())
        self._parse(network, request)
        config = builder.create_builder_config()
        self._configure(config, request)
        self._add_profiles(builder, config, request.profiles)
        timings = self._timings(config, request.timings)
        # kept here: TensorRT calls it and does not keep it alive
        monitor = _monitor(self._trt, progress)
        config.progress_monitor = monitor
        plan = builder.build_serialized_network(network, config)
        if plan is None:
            if monitor.stopped:
                raise BuildCancelledError(f"{request.graph.name}: stopped; plans already written stay")
            raise PlanBuildError(f"{request.graph.name}: TensorRT built no plan: {self._reason()}")
        return Built(plan, bytes(timings.serialize()))

    def _network_flags(self) -> int:
        """Types as the graph says: asked for in TensorRT 10, the only way in 11, where the flag may be gone."""
        flag = getattr(self._trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
        return 0 if flag is None else 1 << int(flag)

    def _parse(self, network: Any, request: BuildRequest) -> None:  # noqa: ANN401
        parser = self._trt.OnnxParser(network, self._messages)
        if not parser.parse_from_file(str(request.graph)):
            reason = _refusal(parser.get_error(0)) if parser.num_errors else self._reason()
            raise PlanBuildError(f"{request.graph.name}: TensorRT does not take the graph: {reason}")

    def _configure(self, config: Any, request: BuildRequest) -> None:  # noqa: ANN401
        trt, options = self._trt, request.options
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace)
        config.builder_optimization_level = options.level
        config.hardware_compatibility_level = {
            Hardware.SAME_GPU: trt.HardwareCompatibilityLevel.NONE,
            Hardware.SAME_COMPUTE_CAPABILITY: trt.HardwareCompatibilityLevel.SAME_COMPUTE_CAPABILITY,
            Hardware.AMPERE_PLUS: trt.HardwareCompatibilityLevel.AMPERE_PLUS,
        }[options.hardware]
        if options.version_compatible:
            config.set_flag(trt.BuilderFlag.VERSION_COMPATIBLE)

    def _add_profiles(self, builder: Any, config: Any, profiles: Sequence[Profile]) -> None:  # noqa: ANN401
        for number, wanted in enumerate(profiles):
            profile = builder.create_optimization_profile()
            for name, shapes in wanted.items():
                profile.set_shape(name, shapes.min, shapes.opt, shapes.max)
            if config.add_optimization_profile(profile) < 0:
                raise PlanBuildError(f"TensorRT does not take profile {number}: {self._reason()}")

    def _timings(self, config: Any, content: bytes) -> Any:  # noqa: ANN401
        """The timing cache of `content`, or a new one where TensorRT cannot read that."""
        for attempt in (content, b""):
            cache = config.create_timing_cache(attempt)
            if cache is not None and config.set_timing_cache(cache, ignore_mismatch=False):
                return cache
        raise PlanBuildError(f"TensorRT takes no timing cache: {self._reason()}")

    def _reason(self) -> str:
        return self._messages.last or "it gave no reason"


def _refusal(error: Any) -> str:  # noqa: ANN401 - tensorrt has no types
    """The parser's sentence, with its node where it is about one."""
    reason = " ".join(error.desc().split())
    return reason if error.node() < 0 else f"node {error.node_name() or error.node()}: {reason}"


@functools.cache
def _messages(trt: Any) -> Any:  # noqa: ANN401
    """TensorRT's log, of which the last error is kept; the class can exist only once tensorrt does.

    One for all compilers: TensorRT keeps the first that a process gives it and is silent towards any other.
    """

    class Messages(trt.ILogger):  # type: ignore[misc]
        """Errors are kept on one line, the rest is dropped: progress says what an operator needs."""

        def __init__(self) -> None:
            super().__init__()
            self.last = ""

        def log(self, severity: Any, message: str) -> None:  # noqa: ANN401
            """Called by TensorRT, from any of its threads."""
            if severity in {trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR}:
                self.last = " ".join(message.split())

    return Messages()


def _monitor(trt: Any, progress: Progress) -> Any:  # noqa: ANN401
    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        """Hands on what TensorRT reports."""

        def __init__(self) -> None:
            super().__init__()
            self.stopped = False

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            """A phase begins."""
            progress.start(phase_name, parent_phase, num_steps)

        def step_complete(self, phase_name: str, step: int) -> bool:
            """False stops the build."""
            go_on = progress.step(phase_name, step)
            self.stopped = self.stopped or not go_on
            return go_on

        def phase_finish(self, phase_name: str) -> None:
            """A phase ends."""
            progress.finish(phase_name)

    return Monitor()
