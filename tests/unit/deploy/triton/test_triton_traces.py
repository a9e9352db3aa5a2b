"""Triton's own traces, by the environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deploy.triton.__main__ import main
from deploy.triton.command import command
from deploy.triton.settings import parse


def line(*arguments: str) -> list[str]:
    settings, _ = parse(list(arguments))
    return command(Path("tritonserver"), settings, Path("backends"), ())


def test_there_are_none_by_default() -> None:
    assert not [argument for argument in line() if argument.startswith("--trace")]


@pytest.mark.parametrize(("ratio", "rate"), [("0", 0), ("1", 1), ("0.01", 100)])
def test_requests_with_a_trace_are_in_it_and_a_share_of_the_others(
    monkeypatch: pytest.MonkeyPatch, ratio: str, rate: int
) -> None:
    monkeypatch.setenv("WEGEN_TRITON_TRACES_ENDPOINT", "http://collector:4318/")
    monkeypatch.setenv("WEGEN_TRITON_TRACES_RATIO", ratio)
    assert {
        "--trace-config=mode=opentelemetry",
        "--trace-config=level=TIMESTAMPS",
        f"--trace-config=rate={rate}",
        "--trace-config=opentelemetry,url=http://collector:4318/v1/traces",
    } <= set(line())


@pytest.mark.parametrize(
    ("name", "value"),
    [("WEGEN_TRITON_TRACES_ENDPOINT", "collector:4318"), ("WEGEN_TRITON_TRACES_RATIO", "2"),
     ("WEGEN_TRITON_TRACES_RATIO", "often")],
)  # fmt: skip
def test_a_wrong_value_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["deploy.triton"])
    monkeypatch.setenv(name, value)
    assert main() == 2
    assert capsys.readouterr().err.startswith(f"triton: {name}: ")
