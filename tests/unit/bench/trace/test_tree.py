from __future__ import annotations

from pathlib import Path

from PIL import Image

from bench.trace.chart import draw
from bench.trace.span import Event, Span
from bench.trace.tree import rows


def span(name: str, parent: str = "", start: int = 0, end: int = 9_000_000, **attributes: int | str) -> Span:
    events = (Event("first step", start + 1, {}),) if name == "denoise" else ()
    service = "wegen-triton" if name in ("InferRequest", "model", "compute") else "wegen-worker"
    return Span("t", name, parent, service, name, "internal", start, end, dict(attributes), events, (), failed=False)


STEPS: dict[str, int] = {"wegen.denoise.first_step": 4, "wegen.denoise.steps_done": 6, "wegen.denoise.steps": 10}
TRACE = (
    span("store put", "process", 8),
    span("process", start=1),
    span("denoise", "process", 2, **STEPS),
    span("InferRequest", "denoise", 3),
    span("model", "InferRequest", 4),
    span("compute", "model", 5),
    span("stray", "unknown", 0),
)


def test_every_span_is_under_its_parent_and_computing_inside_its_model() -> None:
    shown = [(row.span.name, row.depth, len(row.inner)) for row in rows(TRACE)]
    assert shown == [
        ("stray", 0, 0),
        ("process", 0, 0),
        ("denoise", 1, 0),
        ("InferRequest", 2, 0),
        ("model", 3, 1),
        ("store put", 1, 0),
    ]


def test_a_trace_becomes_a_picture(tmp_path: Path) -> None:
    draw(TRACE, "a trace", tmp_path / "trace.png")
    with Image.open(tmp_path / "trace.png") as picture:
        assert picture.width > 1000
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 50
