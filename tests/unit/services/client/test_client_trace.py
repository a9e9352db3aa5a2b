"""`wegen chat --trace`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.trace.collector import Collector
from services.client.command import app
from tests.unit.services.client.conftest import Background

WISH = "a red circle on a blue background"


def test_a_trace_begins_at_the_terminal_and_is_named_there(background: Background, tmp_path: Path) -> None:
    with Collector() as collector:
        arguments = [
            "chat",
            WISH,
            "--server",
            background.address,
            "--out",
            str(tmp_path),
            "--trace",
            collector.endpoint,
        ]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0
        spans = collector.spans
    (named,) = re.findall(r"^trace ([0-9a-f]{32})$", result.stdout, re.MULTILINE)
    assert {span.trace for span in spans} == {named}
    (root,) = [span for span in spans if not span.parent]
    assert (root.name, root.service) == ("wegen chat", "wegen-client")
    assert sorted((span.name, span.kind) for span in spans if span.parent == root.id) == [
        ("wegen.v1.ChatService/Chat", "client"),
        ("wegen.v1.ImageService/GetImage", "client"),
    ]
    assert not any(b"circle" in body for body in collector.raw)


def test_a_call_that_fails_is_an_error_of_its_span(tmp_path: Path) -> None:
    with Collector() as collector:
        arguments = ["chat", WISH, "--server", "127.0.0.1:1", "--out", str(tmp_path), "--trace", collector.endpoint]
        assert CliRunner().invoke(app, arguments).exit_code == 1
        failed = {span.name: span.attributes.get("error.type") for span in collector.spans if span.failed}
    assert failed == {"wegen chat": "ClientError", "wegen.v1.ChatService/Chat": "UNAVAILABLE"}


@pytest.mark.parametrize("wrong", ["collector", "ftp://collector"])
def test_a_wrong_collector_is_one_sentence(background: Background, wrong: str) -> None:
    result = CliRunner().invoke(app, ["chat", WISH, "--server", background.address, "--trace", wrong])
    assert result.exit_code == 1
    assert "--trace" in result.stderr
