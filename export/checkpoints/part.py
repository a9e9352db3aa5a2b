"""One network's tensors, found on disk under other names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from export.checkpoints.store import Store
from export.checkpoints.tensorfile import Shape
from export.onnx.deferred import Lazy


@dataclass(slots=True)
class Part:
    """Tensors by the network's own names, the files they lie in, and what is wrong or worth telling."""

    tensors: dict[str, Lazy] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class View:
    """A store seen by a network: `key` is a tensor's name there, `prefixes` begin the names meant for it.

    Names for which `ignored` holds are known and not needed.
    """

    store: Store
    key: Callable[[str], str]
    prefixes: tuple[str, ...] = ("",)
    ignored: Callable[[str], bool] = lambda _: False

    def find(self, name: str) -> Lazy | None:
        """The tensor that the network calls `name`."""
        return self.store.tensors.get(self.key(name))

    def unknown(self, wanted: Mapping[str, Shape]) -> list[str]:
        """Names meant for this network that it does not have."""
        known = {self.key(name) for name in wanted}
        meant = [name for name in self.store.tensors if name.startswith(self.prefixes)]
        return [name for name in meant if name not in known and not self.ignored(name)]


def fit(wanted: Mapping[str, Shape], views: Sequence[View]) -> Part:
    """Every tensor of `wanted` from the first view that has it; what is missing, unknown or mis-shaped is a problem."""
    part, used = Part(), dict.fromkeys(range(len(views)), 0)
    for name, shape in wanted.items():
        number = next((i for i, view in enumerate(views) if view.find(name) is not None), 0)
        view = views[number]
        tensor = view.find(name)
        if tensor is None:
            part.problems.append(f"{view.store.path} lacks {view.key(name)}")
            continue
        used[number] += 1
        if tensor.shape != shape:
            found = f"{view.store.path}: {view.key(name)} is {list(tensor.shape)}"
            part.problems.append(f"{found}, the preset wants {list(shape)}")
        part.tensors[name] = tensor
    for view in views:
        part.problems += [f"{view.store.path} has an unknown {name}" for name in view.unknown(wanted)]
    part.files = tuple(file for i, view in enumerate(views) if used[i] for file in view.store.files)
    if len(views) > 1 and used[0] and used[1]:
        part.notes.append(f"{used[0]} tensors from {views[0].store.path}, {used[1]} from {views[1].store.path}")
    return part
