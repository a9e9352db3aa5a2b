"""What is asked of TensorRT 10 and 11, and what is made of its answers. No GPU and no TensorRT here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from export.tensorrt.compiler import TensorRTCompiler, open_compiler
from export.tensorrt.options import BuildOptions, Hardware
from export.tensorrt.problem import BuildCancelledError, PlanBuildError
from export.tensorrt.profile import ShapeRange
from export.tensorrt.toolkit import BuildRequest

from .fake_module import FakeTensorRT, Level
from .fakes import GIB, Silence

PROFILES = ({"latents": ShapeRange((1, 4), (2, 4), (8, 4))}, {"latents": ShapeRange((1, 8), (1, 8), (1, 8))})


class Heard(Silence):
    """Remembers, and asks for the end at a step."""

    def __init__(self, last: int = 99) -> None:
        self.phases: list[tuple[str, str | None, int]] = []
        self.last = last

    def start(self, phase: str, parent: str | None, steps: int) -> None:
        self.phases.append((phase, parent, steps))

    def step(self, phase: str, number: int) -> bool:
        return number < self.last


def request(options: BuildOptions | None = None, timings: bytes = b"") -> BuildRequest:
    return BuildRequest(Path("graphs/vae_decoder.onnx"), PROFILES, options or BuildOptions(), timings)


@pytest.mark.parametrize(("version", "flags"), [(10, 2), (11, 0)])
def test_a_network_is_strongly_typed_in_both_versions(version: int, flags: int) -> None:
    trt = FakeTensorRT(version)
    built = TensorRTCompiler(trt).build(request(timings=b"old"), Silence())
    assert trt.network_flags == flags
    assert trt.parsed == "graphs/vae_decoder.onnx"
    assert (built.plan, built.timings) == (b"plan", b"oldmore")
    assert trt.config.profiles == [
        {"latents": ((1, 4), (2, 4), (8, 4))},
        {"latents": ((1, 8), (1, 8), (1, 8))},
    ]


def test_options_reach_the_builder() -> None:
    trt = FakeTensorRT()
    TensorRTCompiler(trt).build(
        request(BuildOptions(2.5, Hardware.AMPERE_PLUS, version_compatible=True, level=5)), Silence()
    )
    assert trt.config.limits == {"workspace": 5 * GIB // 2}
    assert trt.config.hardware_compatibility_level is Level.AMPERE_PLUS
    assert trt.config.flags == ["version compatible"]
    assert trt.config.builder_optimization_level == 5


@pytest.mark.parametrize(
    ("hardware", "level"),
    [
        (Hardware.SAME_GPU, Level.NONE),
        (Hardware.SAME_COMPUTE_CAPABILITY, Level.SAME_COMPUTE_CAPABILITY),
        (Hardware.AMPERE_PLUS, Level.AMPERE_PLUS),
    ],
)
def test_hardware_has_a_level(hardware: Hardware, level: Level) -> None:
    trt = FakeTensorRT()
    TensorRTCompiler(trt).build(request(BuildOptions(hardware=hardware)), Silence())
    assert trt.config.hardware_compatibility_level is level
    assert trt.config.flags == []


def test_progress_is_handed_on() -> None:
    heard = Heard()
    TensorRTCompiler(FakeTensorRT()).build(request(), heard)
    assert heard.phases == [("Building Engine", None, 2), ("Tactics", "Building Engine", 1)]


def test_a_refused_graph_names_the_node() -> None:
    trt = FakeTensorRT()
    trt.parser_errors = [("mask", "no such\nmask"), ("", "follows")]
    sentence = r"vae_decoder\.onnx: TensorRT does not take the graph: node mask: no such mask"
    with pytest.raises(PlanBuildError, match=sentence):
        TensorRTCompiler(trt).build(request(), Silence())


def test_a_refused_graph_without_a_reason() -> None:
    trt = FakeTensorRT()
    trt.parser_errors = []
    with pytest.raises(PlanBuildError, match="does not take the graph: it gave no reason"):
        TensorRTCompiler(trt).build(request(), Silence())


def test_a_failed_build_gives_tensorrts_last_error_on_one_line() -> None:
    trt = FakeTensorRT()
    trt.fails = True
    with pytest.raises(PlanBuildError, match=r"vae_decoder\.onnx: TensorRT built no plan: no kernel for node 7$"):
        TensorRTCompiler(trt).build(request(), Silence())


def test_a_refused_profile_is_numbered() -> None:
    trt = FakeTensorRT()
    trt.refuses_profiles = True
    with pytest.raises(PlanBuildError, match="TensorRT does not take profile 0: profile: min is above max"):
        TensorRTCompiler(trt).build(request(), Silence())


def test_a_stopped_build_is_no_failure() -> None:
    with pytest.raises(BuildCancelledError, match=r"vae_decoder\.onnx: stopped; plans already written stay"):
        TensorRTCompiler(FakeTensorRT()).build(request(), Heard(last=1))


def test_timings_that_cannot_be_read_are_dropped() -> None:
    trt = FakeTensorRT()
    trt.unreadable = {b"broken"}
    assert TensorRTCompiler(trt).build(request(timings=b"broken"), Silence()).timings == b"more"


def test_without_tensorrt_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(PlanBuildError, match=r"tensorrt cannot be imported .*: install tensorrt 10\.16 or 11"):
        open_compiler()
