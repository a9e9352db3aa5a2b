"""What every image promises: pinned bases, no root, no build tools, a probe, labels, and a context without weights."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "deploy/images"
PINNED = re.compile(r"^\S+:[\w.-]+@sha256:[0-9a-f]{64}$")
# what a stage that ships may not install
BUILD_TOOLS = re.compile(r"\b(apt-get|apt|gcc|g\+\+|build-essential|cmake|curl|wget|git)\b|\bpip3? install\b")


@dataclass(frozen=True)
class Stage:
    file: str
    name: str
    base: str
    instructions: tuple[tuple[str, str], ...]

    def all(self, instruction: str) -> list[str]:
        return [value for name, value in self.instructions if name == instruction]

    def last(self, instruction: str) -> str:
        return self.all(instruction)[-1]


def read(path: Path) -> list[Stage]:
    parser = DockerfileParser(fileobj=io.BytesIO(path.read_bytes()))
    stages: list[tuple[str, str, list[tuple[str, str]]]] = []
    for entry in parser.structure:
        name, value = entry["instruction"], entry["value"]
        if name == "FROM":
            base, _, alias = value.partition(" AS ")
            stages.append((alias, base, []))
        elif stages:
            stages[-1][2].append((name, value))
    return [Stage(path.name, alias, base, tuple(lines)) for alias, base, lines in stages]


@pytest.fixture
def stages() -> list[Stage]:
    return [stage for path in sorted(FOLDER.glob("*.Dockerfile")) for stage in read(path)]


@pytest.fixture
def shipped(stages: list[Stage]) -> dict[str, Stage]:
    """The stages that become images, with what they inherit from another stage of their file."""
    known: dict[tuple[str, str], Stage] = {}
    found = {}
    for stage in stages:
        parent = known.get((stage.file, stage.base))
        inherited = parent.instructions if parent else ()
        known[stage.file, stage.name] = Stage(stage.file, stage.name, stage.base, (*inherited, *stage.instructions))
        if stage.name not in {"build", "base"}:
            found[stage.name] = known[stage.file, stage.name]
    return found


def test_there_is_an_image_for_each_part(shipped: dict[str, Stage]) -> None:
    assert shipped.keys() == {"gateway", "worker", "triton", "export"}


def test_every_base_is_pinned_by_tag_and_digest(stages: list[Stage]) -> None:
    for stage in stages:
        own = {each.name for each in stages if each.file == stage.file}
        assert stage.base in own or PINNED.match(stage.base), f"{stage.file}: {stage.base}"


def test_the_label_tells_the_base_that_is_used(stages: list[Stage], shipped: dict[str, Stage]) -> None:
    for name, stage in shipped.items():
        bases = {each.base for each in stages if each.file == stage.file and "@" in each.base}
        assert len(bases) == 1, name
        image, _, digest = bases.pop().partition("@")
        labels = " ".join(stage.all("LABEL"))
        assert f'base.name="{image.removeprefix("${REGISTRY}/")}"' in labels
        assert f'base.digest="{digest}"' in labels


def test_no_image_runs_as_root(shipped: dict[str, Stage]) -> None:
    assert {name: stage.last("USER") for name, stage in shipped.items()} == dict.fromkeys(shipped, "10001:10001")


def test_nothing_is_built_in_what_ships(shipped: dict[str, Stage]) -> None:
    for name, stage in shipped.items():
        assert not [line for line in stage.all("RUN") if BUILD_TOOLS.search(line)], name


def test_every_service_is_probed_by_the_module_that_it_carries(shipped: dict[str, Stage]) -> None:
    assert shipped["export"].last("HEALTHCHECK") == "NONE"
    for name in ("gateway", "worker", "triton"):
        command = json.loads(shipped[name].last("HEALTHCHECK").partition(" CMD ")[2])
        assert command[1:3] == ["-m", "deploy.healthprobe"], name
        assert command[3].partition(":")[0] in {"grpc", "http"}, name


def test_programs_are_modules_of_this_project(shipped: dict[str, Stage]) -> None:
    for name, stage in shipped.items():
        line = json.loads(stage.last("ENTRYPOINT"))
        module = line[2] if len(line) > 2 else json.loads(stage.last("CMD"))[0]
        assert (ROOT / module.replace(".", "/") / "__main__.py").is_file(), name


def test_triton_takes_the_options_that_its_image_gives(shipped: dict[str, Stage], tmp_path: Path) -> None:
    line = [*json.loads(shipped["triton"].last("ENTRYPOINT"))[1:], *json.loads(shipped["triton"].last("CMD"))]
    line[line.index("--server") + 1] = str(tmp_path)
    result = subprocess.run([sys.executable, *line, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"triton: {tmp_path}/bin/tritonserver does not exist")


def test_tritons_python_finds_what_its_image_lays_down(
    shipped: dict[str, Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["base"])
    exec((FOLDER / "triton.pth").read_text())  # as Python does with the file
    *own, base = sys.path
    assert base == "base"
    targets = {line.split()[-1] for line in shipped["triton"].all("COPY")}
    assert set(own) <= targets


def test_all_that_is_copied_passes_the_ignore_file(stages: list[Stage]) -> None:
    kept = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    sources = [
        source
        for stage in stages
        for line in stage.all("COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    ]
    assert len(sources) > 10
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in kept, source
