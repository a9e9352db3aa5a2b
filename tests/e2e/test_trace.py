"""One chat is one trace, from the client to its last step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console

from bench.trace.capture import captured
from bench.trace.collector import Collector
from deploy.local.settings import ROOT
from deploy.local.stack import Stack
from services.protos.wegen.v1 import chat_pb2

# With as many pictures, Triton tells of the denoising of one at least.
PICTURES = 4


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """The spans that the page describes, and whose they are."""
    page = (ROOT / "docs/tracing.md").read_text()
    return dict(re.findall(r"^\| `([^`]+)` \| (client|gateway|worker|triton) ", page, re.MULTILINE))


def test_a_chat_is_one_trace_through_every_process(
    stack: Stack, collector: Collector, told: dict[str, str], tmp_path: Path
) -> None:
    settings = chat_pb2.ChatSettings(n=PICTURES, seed=3, steps=6)
    with (tmp_path / "said").open("w") as said:
        found = captured(collector, stack.settings.gateway_address, "a red circle", settings, Console(file=said))
    assert {span.service for span in found.spans} == {"wegen-client", "wegen-gateway", "wegen-worker", "wegen-triton"}
    assert len({span.trace for span in found.spans}) == 1
    assert [span.name for span in found.spans if not span.parent] == ["wegen chat"]
    denoised = [span for span in found.spans if span.name == "denoise"]
    assert len(denoised) == PICTURES
    for span in denoised:
        assert span.attributes["wegen.denoise.steps_done"] == 6
        assert span.events[-1].name == "last step"
    assert not [span.name for span in found.spans if span.failed]
    own = {span.name for span in found.spans if span.service != "wegen-triton"}
    assert own <= set(told)
    assert not any(b"circle" in body for body in collector.raw)
