"""Every problem is known before a build begins, all of them at once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from export.tensorrt.estimate import estimate
from export.tensorrt.machine import Gpu, TensorRT
from export.tensorrt.options import BuildOptions, Hardware
from export.tensorrt.plan import WantedPlan, write_plan
from export.tensorrt.preflight import Machine, check, look
from export.tensorrt.problem import PreflightError
from export.tensorrt.table import plan_table

from .fakes import GIB, L4, LANGUAGE, TARGET, TRT, FakeProbe, graph, plan, short_of

HERE = Path("models")


def problems(
    plans: list[WantedPlan], gpu: Gpu = L4, tensorrt: TensorRT = TRT, disk: int = 100 * GIB
) -> tuple[str, ...]:
    with pytest.raises(PreflightError) as refusal:
        check(Machine(gpu, tensorrt), plans, FakeProbe(gpu, tensorrt, disk))
    return refusal.value.problems


def test_a_machine_that_can() -> None:
    machine = look(FakeProbe())
    check(machine, [plan(HERE)], FakeProbe())
    assert machine.target == TARGET


def test_neither_gpu_nor_tensorrt() -> None:
    with pytest.raises(PreflightError) as refusal:
        look(FakeProbe(gpu=None, tensorrt=None))
    assert [problem.split(":")[0] for problem in refusal.value.problems] == [
        "no NVIDIA GPU was found",
        "TensorRT is not installed",
    ]


@pytest.mark.parametrize("version", ["10.15.1.29", "8.6.1", "12.0.0.1"])
def test_a_tensorrt_that_is_not_known(version: str) -> None:
    (problem,) = problems([plan(HERE)], tensorrt=TensorRT(version, 13))
    assert problem == f"TensorRT {version} is neither 10.16 or later nor 11: install one of them"


@pytest.mark.parametrize("version", ["10.16.0.72", "11.4.1.3"])
def test_a_tensorrt_that_is_known(version: str) -> None:
    check(Machine(L4, TensorRT(version, 13)), [plan(HERE)], FakeProbe())


def test_a_driver_older_than_its_cuda() -> None:
    (problem,) = problems([plan(HERE)], gpu=short_of(L4, driver="570.124.06"))
    assert problem.startswith("the driver 570.124.06 is older than 580, which TensorRT for CUDA 13 needs")
    check(Machine(short_of(L4, driver="570.124.06"), TensorRT("10.16.1.11", 12)), [plan(HERE)], FakeProbe())


def test_a_gpu_too_old_for_what_is_asked() -> None:
    old = short_of(L4, name="Tesla T4", compute_capability="7.5")
    wanted = plan(HERE, graph(precision="bf16"), BuildOptions(hardware=Hardware.AMPERE_PLUS))
    assert problems([wanted], gpu=old) == (
        "vae_decoder: bf16 needs compute capability 8.0, Tesla T4 has 7.5: use fp16",
        "ampere-plus needs compute capability 8.0, Tesla T4 has 7.5: change --hardware",
    )
    ampere = short_of(L4, name="NVIDIA A100", compute_capability="8.0")
    assert problems([plan(HERE, graph(quantization="fp8"))], gpu=ampere) == (
        "vae_decoder: fp8 needs compute capability 8.9, NVIDIA A100 has 8.0: use int8",
    )
    check(Machine(ampere, TRT), [plan(HERE, graph(quantization="int8"))], FakeProbe())
    (problem,) = problems([plan(HERE)], gpu=short_of(L4, name="Tesla V100", compute_capability="7.0"))
    assert problem == "Tesla V100 has compute capability 7.0: TensorRT needs 7.5 or later"


def test_memory_and_disk_are_said_together() -> None:
    wanted = [plan(HERE, graph(size=20 * GIB)), plan(HERE, graph("eva_clip", size=5 * GIB))]
    memory, disk = problems(wanted, disk=24 * GIB)
    assert memory.startswith("vae_decoder: weights and workspace take 28.0 GiB, 22.0 of NVIDIA L4's 23.0 GiB are free")
    assert disk == "models/vae_decoder/1: the plans take 25.0 GiB at least, 24.0 GiB are free: make room"


@pytest.mark.parametrize(
    ("disks", "sentences"),
    [
        (
            {"graphs": 0, "1": 0},
            ["models/vae_decoder/1: the graphs and plans take 40.0 GiB at least, 15.0 GiB are free: make room"],
        ),
        (
            {"graphs": 0, "1": 1},
            [
                "models/vae_decoder/1: the plans take 20.0 GiB at least, 15.0 GiB are free: make room",
                "graphs: the graphs take 20.0 GiB at least, 15.0 GiB are free: make room",
            ],
        ),
    ],
)
def test_graphs_that_are_to_be_written_need_room_too(disks: dict[str, int], sentences: list[str]) -> None:
    class Probe(FakeProbe):
        def disk(self, folder: Path) -> int:
            return disks[folder.name]

    plans = [plan(HERE, graph(size=20 * GIB))]
    machine = Machine(short_of(L4, free_memory=80 * GIB), TRT)
    with pytest.raises(PreflightError) as refusal:
        check(machine, plans, Probe(disk=15 * GIB), plans)
    assert list(refusal.value.problems) == sentences


def test_nothing_to_build_needs_nothing() -> None:
    check(Machine(short_of(L4, free_memory=0), TRT), [], FakeProbe(disk=0))


def test_the_cache_counts_once() -> None:
    present = [tensor for tensor in LANGUAGE if tensor.name.startswith("past_key")]
    outputs = [type(tensor)("present_key_0", tensor.dtype, tensor.shape) for tensor in present]
    found = estimate(plan(HERE, graph("llama_feature_generator", LANGUAGE, outputs, size=13 * GIB)))
    assert found.disk == 13 * GIB
    assert found.build_memory == 21 * GIB
    assert found.bindings == 64 * 8 + 64 * 8 + 64 * 32 * 2048 * 128 * 2


def test_the_table_says_what_is_up_to_date(tmp_path: Path) -> None:
    built, missing = plan(tmp_path), plan(tmp_path, graph("eva_clip"))
    write_plan(built, TARGET, b"plan", "00")
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(plan_table([built, missing], TARGET))
    rows = [line.split("│") for line in console.export_text().splitlines() if "GiB" not in line and "│" in line]
    cells = {row[1].strip(): [cell.strip() for cell in row] for row in rows}
    assert cells["vae_decoder"][2:8] == ["fp16", "batch 4", "1.00", "9.00", "0.00", "up to date"]
    assert cells["eva_clip"][7] == "to build"
