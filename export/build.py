"""Writing a model repository's graphs, tokenizer and manifest, doing again only what has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from export import manifest
from export.digest import code_digest, text_digest, versions
from export.disk import free_disk
from export.onnx.engines import Engine, engines
from export.onnx.exporter import ExportError, source_of, write
from export.onnx.facts import Facts
from export.onnx.precision import Precision
from export.presets import Preset
from export.source import WeightsSource
from export.weights import TOKENIZER_FILE, empty_network

Report = Callable[[str], None]


def build_repository(source: WeightsSource, repository: Path, report: Report) -> Path:
    """Write the four fp32 graphs, the tokenizer and, last of all, the manifest; returns the manifest's path."""
    origin = source.origin()
    wanted = {engine.name: repository / engine.name / "1" / "model.onnx" for engine in engines()}
    # no manifest stands over graphs of two builds
    before = partial((repository / manifest.FILE).unlink, missing_ok=True)
    write_graphs(source, wanted, Precision.FP32, None, report, before=before)
    tokenizer = write_tokenizer(source, repository)
    return manifest.write(manifest.describe(source.preset, repository, wanted, tokenizer, origin), repository)


def write_tokenizer(source: WeightsSource, repository: Path) -> Path:
    """Write the tokenizer aside, then rename; nothing if it is there already. Returns its path."""
    path, content = repository / TOKENIZER_FILE, source.tokenizer()
    if not path.is_file() or path.read_bytes() != content:
        repository.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".partial")
        aside.write_bytes(content)
        aside.replace(path)
    return path


def write_graphs(
    source: WeightsSource,
    files: dict[str, Path],
    precision: Precision,
    span: int | None,
    report: Report,
    *,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Export every engine named in `files` whose file is not up to date; `before` is called before one is written.

    `span` None is for ONNX Runtime; a number is the fixed length of the cache in graphs for TensorRT.
    """
    digests, preset = source.digests(), source.preset
    wanted = [engine for engine in engines() if engine.name in files]
    keys = {each.name: _key(each, preset, precision, span, digests[each.network]) for each in wanted}
    stale = [each for each in wanted if source_of(files[each.name]) != keys[each.name]]
    _check_room(stale, files, preset, precision)
    for engine in wanted:
        if engine not in stale:
            report(f"{engine.name} ({precision}): up to date")
            continue
        graph = engine.graph(source.outline(engine.network, precision.dtype), preset, precision, span)
        before()
        facts = None if span is None else Facts(preset.name, precision.value, digests[engine.network])
        size = write(graph, files[engine.name], keys[engine.name], facts)
        report(f"{engine.name} ({precision}): {size / 1e6:.1f} MB")


def _check_room(stale: Sequence[Engine], files: dict[str, Path], preset: Preset, precision: Precision) -> None:
    """ExportError if the disk has no room for the weights of `stale` engines, whose files lie on one."""
    if not stale:
        return
    weights = (tensor for each in stale for tensor in empty_network(preset, each.network).state_dict().values())
    needed = sum(tensor.numel() for tensor in weights) * precision.dtype.itemsize
    folder = files[stale[0].name].parent
    if (free := free_disk(folder)) < needed:
        room = f"{needed / 2**30:.1f} GiB, {free / 2**30:.1f} GiB are free: make room"
        raise ExportError(f"{folder}: the graphs of {', '.join(each.name for each in stale)} take {room}")


def _key(engine: Engine, preset: Preset, precision: Precision, span: int | None, weights: str) -> str:
    """A hash of everything the graph is made of."""
    packages = [f"{name} {version}" for name, version in versions().items()]
    sizes = "several sizes" if preset.serving.buckets else "one size"
    return text_digest([engine.name, repr(preset), sizes, precision, str(span), weights, code_digest(), *packages])
