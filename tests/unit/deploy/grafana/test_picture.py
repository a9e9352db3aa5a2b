from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.grafana import __main__ as command
from deploy.grafana.chart import Board, Chart, Curve, Row
from deploy.grafana.picture import Source, picture


class Api(BaseHTTPRequestHandler):
    """A line from 0 to 9 for every query, and one value that is not finite."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.asked.append(query["query"][0])
        begin = float(query["start"][0])
        values = [[begin + 6 * number, str(number)] for number in range(10)] + [[begin + 60, "NaN"]]
        data = {"data": {"result": [{"metric": {"outcome": "failed"}, "values": values}]}}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Api.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_points_are_minutes_from_the_begin_and_finite(url: str) -> None:
    ((labels, points),) = Source(url, minutes=1).series("rate(a[$__rate_interval])")
    assert labels == {"outcome": "failed"}
    minutes, value = points[-1]
    assert (round(minutes, 3), value) == (0.9, 9)
    assert len(points) == 10
    assert Api.asked == ["rate(a[30s])"]


def test_a_board_becomes_a_png_and_every_query_is_asked(url: str, tmp_path: Path) -> None:
    charts = [
        Chart("Kept", "A number.", "percentunit", [Curve("kept")], kind="number", limits={0.5: "red"}),
        Chart("Ends", "Lines.", "reqps", [Curve("ends", "{{outcome}}")], limits={5: "red"}),
    ]
    picture(Board("b", "B", "One row.", (Row("All", charts),)), Source(url, minutes=1), tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(Api.asked) == ["ends", "kept"]


def test_a_prometheus_that_is_away_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "none.png")
    monkeypatch.setattr(sys, "argv", ["grafana", "picture", "--prometheus", "http://127.0.0.1:9", "--out", out])
    assert command.main() == 1
    assert "http://127.0.0.1:9 does not answer" in capsys.readouterr().err
