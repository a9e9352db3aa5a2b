"""A module with the names of tensorrt that a build uses, of version 10 or 11, that remembers what was asked of it."""

from __future__ import annotations

from enum import IntEnum
from types import SimpleNamespace
from typing import Any


class Level(IntEnum):
    """`trt.HardwareCompatibilityLevel`."""

    NONE = 0
    AMPERE_PLUS = 1
    SAME_COMPUTE_CAPABILITY = 2


class StronglyTyped(IntEnum):
    """`trt.NetworkDefinitionCreationFlag` of version 10, where the flag is not the first."""

    STRONGLY_TYPED = 1


class Logger:
    """`trt.ILogger`."""

    INTERNAL_ERROR, ERROR, WARNING = 0, 1, 2


class Cache:
    """`trt.ITimingCache`; what it was made of, and what the build adds."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def serialize(self) -> bytes:
        return self.content + b"more"


class Config:
    """`trt.IBuilderConfig`."""

    def __init__(self, module: FakeTensorRT) -> None:
        self.module = module
        self.limits: dict[str, int] = {}
        self.flags: list[str] = []
        self.profiles: list[dict[str, Any]] = []
        self.cache: Cache | None = None
        self.builder_optimization_level = -1
        self.hardware_compatibility_level = Level.NONE
        self.progress_monitor: Any = None

    def set_memory_pool_limit(self, pool: str, size: int) -> None:
        self.limits[pool] = size

    def set_flag(self, flag: str) -> None:
        self.flags.append(flag)

    def create_timing_cache(self, content: bytes) -> Cache:
        return Cache(content)

    def set_timing_cache(self, cache: Cache, ignore_mismatch: bool) -> bool:
        if cache.content in self.module.unreadable or ignore_mismatch:
            return False
        self.cache = cache
        return True

    def add_optimization_profile(self, profile: Profile) -> int:
        if self.module.refuses_profiles:
            self.module.say(Logger.ERROR, "profile: min\n  is above max")
            return -1
        self.profiles.append(profile.shapes)
        return len(self.profiles) - 1


class Profile:
    """`trt.IOptimizationProfile`."""

    def __init__(self) -> None:
        self.shapes: dict[str, Any] = {}

    def set_shape(self, name: str, low: Any, usual: Any, high: Any) -> None:
        self.shapes[name] = (low, usual, high)


class Builder:
    """`trt.Builder`."""

    def __init__(self, module: FakeTensorRT, logger: Any) -> None:
        self.module = module
        module.logger = logger

    def create_network(self, flags: int = 0) -> SimpleNamespace:
        self.module.network_flags = flags
        return SimpleNamespace()

    def create_builder_config(self) -> Config:
        config = Config(self.module)
        self.module.config = config
        return config

    def create_optimization_profile(self) -> Profile:
        return Profile()

    def build_serialized_network(self, network: Any, config: Config) -> bytes | None:
        monitor = config.progress_monitor
        monitor.phase_start("Building Engine", None, 2)
        monitor.phase_start("Tactics", "Building Engine", 1)
        monitor.phase_finish("Tactics")
        going = all(monitor.step_complete("Building Engine", step) for step in range(2))
        monitor.phase_finish("Building Engine")
        if self.module.fails:
            self.module.say(Logger.WARNING, "slow")
            self.module.say(Logger.ERROR, "no kernel\nfor node 7")
        return b"plan" if going and not self.module.fails else None


class FakeTensorRT:
    """Stands in for the module; `parser_errors` are (node's name, reason) of a graph that is refused."""

    def __init__(self, version: int = 10) -> None:
        self.ILogger = Logger
        self.IProgressMonitor = object
        self.HardwareCompatibilityLevel = Level
        self.MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")
        self.BuilderFlag = SimpleNamespace(VERSION_COMPATIBLE="version compatible")
        self.NetworkDefinitionCreationFlag: Any = StronglyTyped if version == 10 else SimpleNamespace()
        self.parser_errors: list[tuple[str, str]] | None = None
        self.unreadable: set[bytes] = set()
        self.refuses_profiles = self.fails = False
        self.parsed = ""
        self.network_flags = -1
        self.logger: Any = None
        self.config: Any = None

    def Builder(self, logger: Any) -> Builder:  # noqa: N802 - tensorrt's name
        return Builder(self, logger)

    def OnnxParser(self, network: Any, logger: Any) -> SimpleNamespace:  # noqa: N802 - tensorrt's name
        errors = [
            SimpleNamespace(node=lambda: 3, node_name=lambda node=node: node, desc=lambda reason=reason: reason)
            for node, reason in self.parser_errors or []
        ]
        return SimpleNamespace(
            parse_from_file=self._parse, num_errors=len(errors), get_error=lambda number: errors[number]
        )

    def say(self, severity: int, message: str) -> None:
        self.logger.log(severity, message)

    def _parse(self, path: str) -> bool:
        self.parsed = path
        return self.parser_errors is None
