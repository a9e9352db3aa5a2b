"""A trace as a waterfall: a row a span, in time from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bench.trace.span import Span
from bench.trace.tree import Row, rows

_PHASES = {
    "client": "#9aa5b1",
    "gateway": "#5b7db1",
    "rewriting": "#7b61b5",
    "queue wait": "#e0a030",
    "worker": "#6f8f72",
    "denoising": "#2f9e5f",
    "decoding": "#c2587a",
    "store": "#a9744f",
    "Triton": "#3f4a5a",
}
_OF_NAME = {
    "queue wait": "queue wait",
    "denoise": "denoising",
    "decode": "decoding",
    "preview": "decoding",
    "store put": "store",
    "store get": "store",
    "rewriting": "rewriting",
    "answering": "rewriting",
    "words": "rewriting",
    "features": "rewriting",
}
_OF_SERVICE = {"wegen-client": "client", "wegen-gateway": "gateway", "wegen-worker": "worker", "wegen-triton": "Triton"}
_OF_MODEL = {
    "llama_feature_generator": "rewriting",
    "reference_encoder": "rewriting",
    "sdxl_denoiser": "denoising",
    "image_decoder": "decoding",
}
_ROW_INCHES = 0.235
_INK = "#1f2933"
_MARK: dict[str, Any] = {"marker": "d", "markersize": 4.5, "markeredgecolor": _INK, "linestyle": "none"}
# The axes begin at this share of the width; of theirs, left of them: whose span it is, its name, a child's indent.
_LEFT = 0.355
_WHO, _NAME, _INDENT = -0.545, -0.475, 0.016
_HEAD_INCHES, _FOOT_INCHES = 0.4, 0.85


def draw(spans: Sequence[Span], title: str, path: Path) -> None:
    """Write the trace of `spans` to `path`, an image."""
    shown = rows(spans)
    begin, end = min(span.start for span in spans), max(span.end for span in spans)
    with mpl.rc_context({"font.size": 8.5, "font.family": "DejaVu Sans"}):
        height = _HEAD_INCHES + _FOOT_INCHES + _ROW_INCHES * len(shown)
        figure = Figure(figsize=(13, height))
        axes = figure.add_axes(
            (_LEFT, _FOOT_INCHES / height, 0.985 - _LEFT, 1 - (_HEAD_INCHES + _FOOT_INCHES) / height)
        )
        for place, row in enumerate(shown):
            _row(axes, place, row, begin, (end - begin) / 1e6)
        _finish(axes, shown, (end - begin) / 1e6, title)
        figure.savefig(path, dpi=120, facecolor="white")


def _row(axes: Axes, place: int, row: Row, begin: int, whole: float) -> None:
    span, colour = row.span, _PHASES[_phase(row.span)]
    left, width = (span.start - begin) / 1e6, (span.end - span.start) / 1e6
    outer = span.service == "wegen-triton" and bool(row.inner)
    axes.barh(place, max(width, whole / 800), left=left, height=0.72, color=colour, alpha=0.45 if outer else 0.9)
    for inner in row.inner:
        axes.barh(place, (inner.end - inner.start) / 1e6, left=(inner.start - begin) / 1e6, height=0.72, color=colour)
    for event in span.events:
        if span.service != "wegen-triton":
            axes.plot((event.at - begin) / 1e6, place, color="white", **_MARK)
    note = _note(span, width)
    right = left + width + whole * 0.006
    fits = right < whole * 0.86
    axes.text(
        right if fits else left - whole * 0.006, place, note, va="center", ha="left" if fits else "right", color=_INK
    )


def _finish(axes: Axes, shown: Sequence[Row], whole: float, title: str) -> None:
    beside = axes.get_yaxis_transform()
    for place, row in enumerate(shown):
        who, colour = row.span.service.removeprefix("wegen-"), _PHASES[_OF_SERVICE.get(row.span.service, "client")]
        axes.text(_WHO, place, who, transform=beside, va="center", color=colour)
        axes.text(_NAME + _INDENT * row.depth, place, row.span.label, transform=beside, va="center", color=_INK)
    axes.set_yticks([])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(-whole * 0.004, whole * 1.01)
    axes.set_xlabel("milliseconds since the client began")
    axes.xaxis.grid(visible=True, color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.text(_WHO, 1 + 0.3 / len(shown), title, transform=axes.transAxes, fontsize=11, color=_INK, va="bottom")
    used = {_phase(row.span) for row in shown}
    handles: list[Artist] = [Patch(color=colour, label=phase) for phase, colour in _PHASES.items() if phase in used]
    handles.append(Line2D([], [], color="white", label="first step, latents, last step", **_MARK))
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(_WHO, -1.9 / len(shown)),
        ncols=len(handles),
        frameon=False,
        columnspacing=1.4,
        handlelength=1.2,
        borderpad=0,
        borderaxespad=0,
    )


def _phase(span: Span) -> str:
    named = _OF_NAME.get(span.name) or _OF_MODEL.get(str(span.attributes.get("wegen.model")))
    return named or _OF_SERVICE.get(span.service, "client")


def _note(span: Span, width: float) -> str:
    """How long it took, and what else a reader wants to know of it."""
    told = f"{width:.1f} ms" if width < 100 else f"{width:.0f} ms"
    facts = span.attributes
    if span.name == "denoise":
        first = int(facts["wegen.denoise.first_step"])
        told += f", steps {first + 1} to {first + int(facts['wegen.denoise.steps_done'])}"
        told += f" of {facts['wegen.denoise.steps']}"
    elif span.name == "rewriting":
        told += f", {facts['wegen.rewrites.accepted']} of {facts['wegen.rewrites.wanted']} accepted"
        told += f", {facts['wegen.rewrites.duplicate']} too close"
    elif span.name in ("words", "features"):
        told += f", rewrite {int(facts['wegen.candidate']) + 1}"
    elif span.name == "picture":
        told += f", picture {int(facts['wegen.picture']) + 1}"
    elif facts.get("messaging.operation.type") == "process":
        told += f", attempt {facts['wegen.job.attempt']}"
    return told
