"""A plan of another machine is refused before it is loaded, in one sentence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from services.engine.plan import Host, PlanError, PlanManifest, numbers, open_plan

PLAN = b"plan" * 16
HERE = Host("10.16.1.11", "NVIDIA L4", "8.9")


def content(**changes: Any) -> dict[str, Any]:
    shapes = {"pixels": {"min": [1, 3, 448, 448], "opt": [4, 3, 448, 448], "max": [8, 3, 448, 448]}}
    return {
        "format": 1,
        "engine": "eva_clip",
        "preset": "wegen-7b",
        "precision": "fp16",
        "weights_sha256": "00",
        "graph_sha256": "11",
        "plan_sha256": "22",
        "plan_bytes": len(PLAN),
        "tensorrt": "10.16.1.11",
        "gpu": "NVIDIA L4",
        "compute_capability": "8.9",
        "hardware": "same-gpu",
        "version_compatible": False,
        "options": {"workspace_gib": "8"},
        "profiles": [shapes],
        "inputs": [{"name": "pixels", "dtype": "float32", "shape": ["batch", 3, 448, 448]}],
        "outputs": [{"name": "features", "dtype": "float32", "shape": ["batch", 64, 1792]}],
    } | changes


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "model.plan"
    path.write_bytes(PLAN)
    return path


def describe(plan: Path, **changes: Any) -> None:
    plan.with_name("model.plan.json").write_text(json.dumps(content(**changes)))


def manifest(**changes: Any) -> PlanManifest:
    return PlanManifest.model_validate(content(**changes))


def test_a_plan_of_this_machine_is_opened(plan: Path) -> None:
    describe(plan)
    found = open_plan(plan, HERE)
    assert found.profiles[0]["pixels"].max == (8, 3, 448, 448)
    assert found.outputs[0].shape == ("batch", 64, 1792)


@pytest.mark.parametrize(
    ("changes", "host", "sentence"),
    [
        (
            {"tensorrt": "11.0.0.1"},
            HERE,
            r"eva_clip: its plan needs TensorRT 11\.0\.0\.1, this machine has 10\.16\.1\.11:",
        ),
        ({"tensorrt": "10.16.0.5"}, HERE, r"needs TensorRT 10\.16\.0\.5, this"),
        ({"tensorrt": "11.0.0.1", "version_compatible": True}, HERE, r"TensorRT 11\.0\.0\.1 or later, this machine"),
        (
            {"compute_capability": "9.0", "gpu": "NVIDIA H200"},
            HERE,
            r"built on NVIDIA H200 \(.*9\.0\).* has NVIDIA L4 \(",
        ),
        ({"gpu": "NVIDIA L40S"}, HERE, r"NVIDIA L40S \(compute capability 8\.9\) for this GPU only, this machine has"),
        (
            {"hardware": "same-compute-capability", "compute_capability": "8.6"},
            HERE,
            r"8\.6\) for this capability only",
        ),
        (
            {"hardware": "ampere-plus"},
            Host("10.16.1.11", "NVIDIA T4", "7.5"),
            r"8\.0 or later, this machine has NVIDIA T4",
        ),
    ],
)
def test_a_foreign_plan_is_refused(changes: dict[str, Any], host: Host, sentence: str) -> None:
    with pytest.raises(PlanError, match=sentence) as refusal:
        manifest(**changes).check(host)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith("build it here with `python -m export.tensorrt`")


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({"version_compatible": True}, Host("11.0.0.1", "NVIDIA L4", "8.9")),
        ({"version_compatible": True}, Host("10.17.0.2", "NVIDIA L4", "8.9")),
        ({"hardware": "same-compute-capability"}, Host("10.16.1.11", "NVIDIA L40S", "8.9")),
        ({"hardware": "ampere-plus"}, Host("10.16.1.11", "NVIDIA A100-SXM4-80GB", "8.0")),
        ({"hardware": "ampere-plus"}, Host("10.16.1.11", "NVIDIA B200", "10.0")),
    ],
)
def test_what_it_was_built_to_run_on_takes_it(changes: dict[str, Any], host: Host) -> None:
    manifest(**changes).check(host)


def test_a_truncated_plan_is_refused(plan: Path) -> None:
    describe(plan)
    plan.write_bytes(PLAN[:-1])
    with pytest.raises(PlanError, match=r"model\.plan has 63 bytes instead of 64: copy it again or build"):
        open_plan(plan, HERE)


def test_another_plan_of_the_same_length_shows_where_all_of_it_is_read(plan: Path) -> None:
    describe(plan, plan_sha256=hashlib.sha256(PLAN).hexdigest())
    open_plan(plan, HERE).check_content(plan)
    plan.write_bytes(PLAN[:-1] + b"?")
    with pytest.raises(PlanError, match=r"model\.plan is not the plan that was built \(its SHA-256 differs\): build"):
        open_plan(plan, HERE).check_content(plan)


def test_a_plan_without_a_manifest_is_refused(plan: Path) -> None:
    with pytest.raises(PlanError, match=r"model\.plan\.json does not exist, so model\.plan may be for any machine"):
        open_plan(plan, HERE)


def test_no_plan_at_all(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"model\.plan does not exist: build it here"):
        open_plan(tmp_path / "model.plan", HERE)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"format": 2}, r"format 2 is not 1"), ({"plan_bytes": "many"}, r"plan_bytes: "), ({"tactics": 3}, r"tactics: ")],
)
def test_a_wrong_manifest_is_refused(plan: Path, changes: dict[str, Any], sentence: str) -> None:
    describe(plan, **changes)
    with pytest.raises(PlanError, match=r"model\.plan\.json: " + sentence):
        open_plan(plan, HERE)


def test_versions_compare_by_number() -> None:
    assert numbers("10.9.0") < numbers("10.16.0") < numbers("11.0")
