"""The `wegen` command against a real gRPC server with fakes behind it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from services.client.command import app
from services.errors import UnavailableError
from services.size import Size
from tests.fakes.pictures import png
from tests.unit.services.client.conftest import Background

WISH = "a red circle on a blue background"


def wegen(background: Background, *arguments: str, lines: str | None = None) -> Result:
    return CliRunner().invoke(app, ["chat", *arguments, "--server", background.address], input=lines)


def test_a_sentence_becomes_a_picture_whose_path_is_printed(background: Background, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    result = wegen(background, WISH, "--out", str(out), "--seed", "3", "--steps", "2", "--guidance", "0")
    assert result.exit_code == 0
    (picture,) = out.glob("*.png")
    assert picture.read_bytes() == background.fake.store.objects["default/images/job1.png"]
    assert str(picture) in result.stdout
    (spec,) = background.fake.jobs.specs
    assert (spec.seed, spec.steps, spec.guidance) == (3, 2, 0.0)


def test_a_size_can_be_asked_for(background: Background, tmp_path: Path) -> None:
    assert wegen(background, WISH, "--size", "24x16", "--out", str(tmp_path)).exit_code == 0
    assert [spec.size for spec in background.fake.jobs.specs] == [Size(24, 16)]


@pytest.mark.parametrize(
    ("size", "words"),
    [("24*16", "--size: '24*16' is not WIDTHxHEIGHT"), ("16x24", "16x24 is none of the model's: 16x16, 24x16")],
)
def test_a_size_that_is_none_is_refused(background: Background, tmp_path: Path, size: str, words: str) -> None:
    result = wegen(background, WISH, "--size", size, "--out", str(tmp_path))
    assert result.exit_code == 1
    assert words in result.stderr


def test_several_pictures_come_with_a_contact_sheet(background: Background, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    assert wegen(background, WISH, "-n", "3", "--out", str(out)).exit_code == 0
    names = sorted(path.name for path in out.iterdir())
    stem = "a-red-circle-on-a-blue-background"
    assert names == [f"{stem}-1.png", f"{stem}-2.png", f"{stem}-3.png", f"{stem}-sheet.png"]
    with Image.open(out / f"{stem}-sheet.png") as sheet:
        assert sheet.size == (2 * 24 + 8, 2 * 24 + 8)


def test_nothing_is_written_over(background: Background, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    for _ in range(2):
        assert wegen(background, WISH, "--out", str(out)).exit_code == 0
    assert len(list(out.glob("*.png"))) == 2


def test_rewriting_can_be_switched_off(background: Background, tmp_path: Path) -> None:
    result = wegen(background, WISH, "--no-rewrite", "--out", str(tmp_path))
    assert "rewrite" not in result.stdout
    assert background.fake.generator.requests[0].max_tokens == 0


def test_a_reference_is_uploaded_and_asked_about(background: Background, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    background.fake.generator.say = lambda _request, _index: "It is red."
    result = wegen(background, "What colour is it?", "--reference", str(tmp_path / "cat.png"))
    assert result.exit_code == 0
    assert "It is red." in result.stdout
    assert len(background.fake.encoder.images) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-n", "9"], "settings.n: 9 is not between 1 and 8"),
        (["-n", "-1"], "-n: -1 is out of range"),
        (["--guidance", "nan"], "settings.guidance"),
        (["--reference", "/no/such/file.png"], "/no/such/file.png cannot be read: no such file or directory"),
        (["--reference", __file__], "is not a PNG, JPEG or WebP image"),
    ],
)
def test_a_refusal_is_one_sentence(background: Background, arguments: list[str], words: str) -> None:
    result = wegen(background, WISH, *arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert background.fake.jobs.specs == []


def test_no_gateway_is_told_with_its_address() -> None:
    result = CliRunner().invoke(app, ["chat", WISH, "--server", "127.0.0.1:18499"])
    assert result.exit_code == 1
    assert "127.0.0.1:18499" in result.stderr


def test_a_dependency_that_is_down_is_named(background: Background) -> None:
    background.fake.jobs.submit_error = UnavailableError("redis", "gone")
    result = wegen(background, WISH)
    assert result.exit_code == 1
    assert "redis is unavailable" in result.stderr


def test_no_picture_at_all_is_a_failure(background: Background, tmp_path: Path) -> None:
    background.fake.jobs.failure = "the model is out of paint"
    result = wegen(background, WISH, "--out", str(tmp_path / "pictures"))
    assert result.exit_code == 1
    assert "out of paint" in result.stderr


def test_an_answer_that_takes_too_long_is_given_up(background: Background) -> None:
    background.fake.jobs.hold = asyncio.Event()
    result = wegen(background, WISH, "--timeout", "0.3")
    assert result.exit_code == 1
    assert "--timeout" in result.stderr


def test_a_conversation_goes_on_until_quit(background: Background, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    lines = (
        f"{WISH}\n/image {tmp_path / 'cat.png'}\nmake it green\n/dance\n/image /no/file\n/new\n{WISH}\n/quit\nnever\n"
    )
    result = wegen(background, "--out", str(tmp_path / "pictures"), lines=lines)
    assert result.exit_code == 0
    assert "/dance is unknown" in result.stdout
    assert "/no/file cannot be read" in result.stdout
    bos = background.fake.words.tokens.bos
    turns = [request.ids.count(bos) for request in background.fake.generator.requests]
    assert turns == [1, 2, 1]
    assert background.fake.generator.requests[1].features is not None


def test_ctrl_c_cancels_the_call(background: Background, tmp_path: Path) -> None:
    background.fake.jobs.hold = asyncio.Event()
    command = [sys.executable, "-m", "services.client.command", "chat", WISH, "--server", background.address]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not background.fake.jobs.jobs and time.monotonic() < deadline:
        time.sleep(0.02)
    client.send_signal(signal.SIGINT)
    _, errors = client.communicate(timeout=10)
    assert (client.returncode, errors.strip()) == (130, "wegen: cancelled")
    while not background.fake.jobs.cancelled and time.monotonic() < deadline:
        time.sleep(0.02)
    assert background.fake.jobs.cancelled == ["job1"]
