from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.telemetry import logs
from tests.fakes.traces import Traces


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_service_level_time_and_event(stream: io.StringIO) -> None:
    logs.configure("gateway", "info", stream=stream)
    structlog.get_logger("chat").info("chat started", references=2, note="two\nlines")
    (line,) = lines(stream)
    assert line["event"] == "chat started"
    assert (line["service"], line["level"], line["references"]) == ("gateway", "info", 2)
    assert line["time"].endswith("Z")


def test_bound_ids_are_on_every_line_inside_and_gone_after(stream: io.StringIO) -> None:
    logs.configure("worker", stream=stream)
    log = structlog.get_logger()
    with logs.bound(request_id="r1"), logs.bound(job_id="j1"):
        log.info("inside")
        logging.getLogger("celery").warning("from a library")
    log.info("after")
    inside, library, after = lines(stream)
    assert (inside["request_id"], inside["job_id"]) == ("r1", "j1")
    assert (library["request_id"], library["service"], library["logger"]) == ("r1", "worker", "celery")
    assert "request_id" not in after


def test_ids_of_one_thread_do_not_reach_another(stream: io.StringIO) -> None:
    logs.configure("worker", stream=stream)
    log = structlog.get_logger()

    def work(job_id: str) -> None:
        with logs.bound(job_id=job_id):
            log.info("step", expected=job_id)

    threads = [threading.Thread(target=work, args=(f"j{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = lines(stream)
    assert len(written) == 8
    assert all(line["job_id"] == line["expected"] for line in written)


def test_what_people_wrote_and_secrets_are_withheld_at_info_and_shown_at_debug(stream: io.StringIO) -> None:
    logs.configure("gateway", "DEBUG", stream=stream)
    log = structlog.get_logger()
    log.info("rewritten", prompt="a red circle", secret_key="s3cret")
    log.debug("rewritten", prompt="a red circle")
    info, debug = lines(stream)
    assert info["prompt"] == info["secret_key"] == logs.WITHHELD
    assert debug["prompt"] == "a red circle"


def test_an_exception_is_one_line(stream: io.StringIO) -> None:
    logs.configure("gateway", stream=stream)
    try:
        int("a wish")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines(stream)
    assert "ValueError: invalid literal" in line["exception"]
    assert "\n" not in stream.getvalue().rstrip("\n")


def test_lines_below_the_level_are_dropped(stream: io.StringIO) -> None:
    logs.configure("gateway", "WARNING", stream=stream)
    structlog.get_logger().info("quiet")
    assert lines(stream) == []


def test_a_wrong_level_names_the_right_ones() -> None:
    with pytest.raises(ValueError, match="'loud' is not one of DEBUG, INFO"):
        logs.configure("gateway", "loud")


def test_lines_within_a_recorded_span_name_it(stream: io.StringIO) -> None:
    logs.configure("gateway", stream=stream)
    log = structlog.get_logger()
    traces = Traces()
    with traces.tracer.span("call", "server") as span, logs.bound(request_id="r1"):
        log.info("inside")
    unsampled = f"00-{'a' * 32}-{'b' * 16}-00"
    with traces.tracer.span("call", "server", parent=unsampled):
        log.info("not recorded")
    inside, other = lines(stream)
    assert (inside["trace_id"], inside["span_id"], inside["request_id"]) == (span.trace_id, span.span_id, "r1")
    assert "trace_id" not in other
