"""Each room imports only what ARCHITECTURE.md allows it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "services": {"torch", "diffusers", "transformers", "onnx", "export", "deploy", "bench"},
    "export": {"services", "deploy", "bench", "tritonclient", "celery"},
    "model_repository": {"torch", "diffusers", "transformers", "export", "deploy", "bench"},
}


def imported_packages(source: Path) -> set[str]:
    packages: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            packages.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            packages.add(node.module.split(".")[0])
    return packages


@pytest.mark.parametrize("room", FORBIDDEN)
def test_room_imports_nothing_forbidden(room: str) -> None:
    sources = list((ROOT / room).rglob("*.py"))
    assert sources
    trespasses = {
        str(source.relative_to(ROOT)): sorted(found)
        for source in sources
        if (found := imported_packages(source) & FORBIDDEN[room])
    }
    assert trespasses == {}
