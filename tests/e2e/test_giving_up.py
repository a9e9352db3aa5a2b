"""A caller who goes away takes his work with him."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

import grpc
import pytest

from bench.chats import Gateway, request
from bench.scrape import Reading
from services.protos.wegen.v1.chat_pb2 import REWRITE_OFF, REWRITE_ON, ChatSettings
from tests.e2e.conftest import Eventually, Meters

PICTURES, STEPS = 8, 100


def steps_done(meters: Meters) -> float:
    return meters.triton().total("wegen_step_rows_total", model="sdxl_denoiser", kind="denoise")


def cancelled_requests(meters: Meters) -> float:
    return meters.triton().total("wegen_cancels_total")


def cancelled_jobs(reading: Reading) -> float:
    return reading.total("wegen_worker_jobs_total", outcome="cancelled")


def idle(meters: Meters) -> bool:
    triton, gateway, worker = meters.triton(), meters.gateway(), meters.worker()
    return (
        triton.total("wegen_slots_in_use") == 0
        and triton.total("wegen_queue_depth") == 0
        and gateway.total("wegen_gateway_active_chats") == 0
        and worker.total("wegen_worker_running_jobs") == 0
    )


async def test_killing_the_client_while_it_denoises_frees_slots_and_stops_jobs(
    wegen: Callable[..., subprocess.Popen[str]], meters: Meters, eventually: Eventually
) -> None:
    await eventually(lambda: idle(meters), "an idle stack to begin with")
    await meters.triton_settled()
    steps, cancelled = steps_done(meters), cancelled_jobs(meters.worker())
    client = wegen("chat", "a red circle", "-n", str(PICTURES), "--steps", str(STEPS), "--seed", "1")
    await eventually(lambda: steps_done(meters) > steps, "the first denoising steps")
    client.send_signal(signal.SIGKILL)
    client.communicate()
    await eventually(lambda: idle(meters), "no slot in use, no chat and no job running")
    assert steps_done(meters) - steps < PICTURES * STEPS
    assert cancelled_jobs(meters.worker()) > cancelled


async def test_cancelling_while_it_rewrites_frees_slots_and_starts_no_job(
    gateway: Gateway, meters: Meters, eventually: Eventually
) -> None:
    await eventually(lambda: idle(meters), "an idle stack to begin with")
    await meters.triton_settled()
    steps, cancelled = steps_done(meters), cancelled_requests(meters)
    settings = ChatSettings(n=8, rewrite=REWRITE_ON, temperature=2, top_p=1, max_tokens=512)
    call = gateway.chat_service.Chat(request(["a red circle"], settings=settings))
    async for event in call:
        if event.HasField("rewrite_delta"):
            break
    call.cancel()
    await eventually(lambda: cancelled_requests(meters) > cancelled, "a cancelled request in Triton")
    await eventually(lambda: idle(meters), "no slot in use and no chat running")
    assert steps_done(meters) == steps


async def test_a_deadline_stops_the_work_too(gateway: Gateway, meters: Meters, eventually: Eventually) -> None:
    await eventually(lambda: idle(meters), "an idle stack to begin with")
    await meters.triton_settled()
    steps = steps_done(meters)
    settings = ChatSettings(n=PICTURES, rewrite=REWRITE_OFF, steps=STEPS)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.chat("a red circle", settings=settings, timeout=1.0)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # On a slow machine the time may be over before anything began: there need not be anything to cancel.
    await meters.triton_settled()
    await eventually(lambda: idle(meters), "no slot in use, no chat and no job running")
    assert steps_done(meters) - steps < PICTURES * STEPS
