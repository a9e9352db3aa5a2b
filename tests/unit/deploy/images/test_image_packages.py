"""Each image's list of packages holds what its program imports, and no torch where none is wanted."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.images.packages import SETS, weigh

ROOT = Path(__file__).parents[4]
OWN = {"services", "deploy", "export"}
# Triton's own, in its image only; and what only machines with a GPU install
ELSEWHERE = {"triton_python_backend_utils", "pixels", "cuda", "tensorrt", "pynvml"}
FOLDERS = {"triton": ("model_repository", "deploy/triton/backends")}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(name: str) -> list[Requirement]:
    lines = SETS[name].requirements.read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def installed_with(requirements: list[Requirement]) -> set[str]:
    """The packages that come with `requirements`, as the metadata of this environment tells."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        each = waiting.pop()
        name = canonical(each.name)
        try:
            needs = [Requirement(text) for text in requires(each.name) or ()]
        except PackageNotFoundError:
            needs = []
        new = name not in found
        found.add(name)
        extras = each.extras or {""}
        wanted = [
            need for need in needs if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras)
        ]
        waiting += [need for need in wanted if new or (each.extras and canonical(need.name) not in found)]
    return found


def sources(name: str) -> list[Path]:
    """Every file of this project that the image's program reaches by its imports."""
    seen: set[Path] = set()
    waiting = [path for module in SETS[name].modules if (path := file_of(module))]
    waiting += [path for folder in FOLDERS.get(name, ()) for path in (ROOT / folder).rglob("*.py")]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        waiting += [found for module in imports(path) if module.split(".")[0] in OWN and (found := file_of(module))]
    return sorted(seen)


def file_of(module: str) -> Path | None:
    path = ROOT / module.replace(".", "/")
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imports(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return modules


@pytest.mark.parametrize("name", SETS)
def test_what_the_program_imports_is_installed_with_the_list(name: str) -> None:
    files = sources(name)
    assert len(files) > 20
    foreign = {module.split(".")[0] for file in files for module in imports(file)} - OWN - ELSEWHERE
    providers = packages_distributions()
    has = installed_with(listed(name))
    missing = {
        module
        for module in foreign - sys.stdlib_module_names
        if not has & {canonical(package) for package in providers.get(module, ())}
    }
    assert missing == set()


@pytest.mark.parametrize("name", ["gateway", "worker", "triton"])
def test_what_serves_has_no_torch(name: str) -> None:
    assert not installed_with(listed(name)) & {"torch", "diffusers", "transformers", "onnx"}


@pytest.mark.parametrize("name", [*SETS, "tensorrt"])
def test_every_package_has_a_range_and_a_pin(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = (project["dependencies"], *project["optional-dependencies"].values())
    ranges = {canonical(Requirement(text).name) for group in groups for text in group}
    files = (ROOT / "constraints.txt", ROOT / "constraints-gpu.txt")
    lines = [line for file in files for line in file.read_text().splitlines() if not line.startswith("#")]
    pins = {canonical(line.partition("==")[0]) for line in lines}
    path = ROOT / "deploy/images" / f"{name}.txt"
    names = {canonical(Requirement(line).name) for line in path.read_text().splitlines() if not line.startswith("#")}
    assert names
    assert names - ranges == set()
    assert names - pins == set()


def test_weighing_counts_every_file(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small/one").write_bytes(b"12")
    (tmp_path / "large.py").write_bytes(b"1234")
    assert list(weigh(tmp_path).items()) == [("large.py", 4), ("small", 2)]
