"""The chart through Helm's own engine, which Python brings along."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python
import yaml

from deploy.chart.values import CHART

Manifest = dict[str, Any]
SETS = tuple(sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml")))
POD_OWNERS = ("Deployment", "StatefulSet", "Job")


class Refused(Exception):  # noqa: N818 - as Helm says it
    """The values were refused; the message is what an operator reads."""


@dataclass(frozen=True)
class Release:
    """Everything that one set of values makes."""

    manifests: tuple[Manifest, ...]
    notes: str

    def of(self, *kinds: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest["kind"] in kinds]

    def one(self, kind: str, name: str) -> Manifest:
        (found,) = [manifest for manifest in self.of(kind) if manifest["metadata"]["name"] == name]
        return found

    def pods(self) -> Iterator[tuple[str, Manifest]]:
        """Every pod template by its owner."""
        for owner in self.of(*POD_OWNERS):
            yield f"{owner['kind']}/{owner['metadata']['name']}", owner["spec"]["template"]

    def containers(self) -> Iterator[tuple[str, Manifest]]:
        for owner, pod in self.pods():
            for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
                yield f"{owner}/{container['name']}", container


def values_of(name: str) -> Mapping[str, Any]:
    return helm_python.values_from_yaml((CHART / "ci" / f"{name}-values.yaml").read_text())


def render(values: Mapping[str, Any], chart: Path = CHART) -> Release:
    """Refused with Helm's words."""
    try:
        # A fresh one: a render changes the chart.
        texts = helm_python.Chart.load(chart).render(dict(values), name="wegen", namespace="pictures")
    except helm_python.HelmError as error:
        raise Refused(str(error)) from error
    notes = texts.pop("wegen/templates/NOTES.txt")
    documents = [document for text in texts.values() for document in yaml.load_all(text, Loader=yaml.CSafeLoader)]
    return Release(tuple(document for document in documents if document), notes)


@functools.cache
def release(name: str) -> Release:
    """One of the value sets in ci/."""
    return render(values_of(name))


def number(text: str | int) -> float:
    """Bytes, or cores, of a quantity."""
    suffixes = {"m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    for suffix, factor in suffixes.items():
        if str(text).endswith(suffix):
            return float(str(text).removesuffix(suffix)) * factor
    return float(text)
