"""Orders of pictures through the whole stack."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from google.longrunning import operations_pb2, operations_pb2_grpc

from deploy.local.stack import Stack
from services.manifest import Manifest
from services.protos.wegen.v1 import chat_pb2, image_pb2_grpc, job_pb2
from tests.e2e.conftest import Eventually, Meters
from tests.e2e.pixels import decode
from tests.e2e.test_giving_up import idle, steps_done

TIMES = 100
ORDERS, EACH, STEPS = 5, 8, 100


def order(*, key: str = "", n: int = 1, steps: int = 2) -> job_pb2.GenerateImagesRequest:
    settings = chat_pb2.ChatSettings(n=n, steps=steps, seed=3, rewrite=chat_pb2.REWRITE_OFF)
    return job_pb2.GenerateImagesRequest(
        content=[chat_pb2.Part(text="a red circle")], settings=settings, request_id=key
    )


def metadata(operation: operations_pb2.Operation) -> job_pb2.GenerateImagesMetadata:
    unpacked = job_pb2.GenerateImagesMetadata()
    operation.metadata.Unpack(unpacked)
    return unpacked


@pytest.fixture
def address(stack: Stack) -> str:
    return stack.settings.gateway_address


async def test_the_same_request_a_hundred_times_at_once_is_one_job(
    address: str, meters: Meters, eventually: Eventually
) -> None:
    await eventually(lambda: idle(meters), "an idle stack to begin with")
    before = meters.worker().total("wegen_worker_jobs_total")
    async with grpc.aio.insecure_channel(address) as channel:
        images, operations = image_pb2_grpc.ImageServiceStub(channel), operations_pb2_grpc.OperationsStub(channel)
        calls = (images.GenerateImages(order(key="e2e-hundred")) for _ in range(TIMES))
        names = {operation.name for operation in await asyncio.gather(*calls)}
        assert len(names) == 1
        ended = await operations.WaitOperation(operations_pb2.WaitOperationRequest(name=names.pop()))
    assert ended.HasField("response")
    assert [image.state for image in metadata(ended).images] == [job_pb2.JOB_STATE_SUCCEEDED]
    await eventually(lambda: idle(meters), "no job running")
    assert meters.worker().total("wegen_worker_jobs_total") == before + 1


async def test_cancelled_orders_stop_the_denoiser(address: str, meters: Meters, eventually: Eventually) -> None:
    """Forty pictures: as many as the worker has threads are under way, the others wait."""
    await eventually(lambda: idle(meters), "an idle stack to begin with")
    before = (await meters.triton_settled()).total("wegen_step_rows_total", model="sdxl_denoiser", kind="denoise")
    batch = job_pb2.BatchGenerateImagesRequest(requests=[order(n=EACH, steps=STEPS) for _ in range(ORDERS)])
    async with grpc.aio.insecure_channel(address) as channel:
        images, operations = image_pb2_grpc.ImageServiceStub(channel), operations_pb2_grpc.OperationsStub(channel)
        names = [operation.name for operation in (await images.BatchGenerateImages(batch)).operations]
        await eventually(lambda: steps_done(meters) > before, "the first denoising steps")
        asked = datetime.now(UTC)
        cancels = [operations.CancelOperation(operations_pb2.CancelOperationRequest(name=name)) for name in names]
        await asyncio.gather(*cancels)
        waits = [operations.WaitOperation(operations_pb2.WaitOperationRequest(name=name)) for name in names]
        ended = await asyncio.gather(*waits)
    assert {metadata(operation).state for operation in ended} == {job_pb2.JOB_STATE_CANCELLED}
    last = max(metadata(operation).end_time.ToDatetime(tzinfo=UTC) for operation in ended)
    print(f"{ORDERS * EACH} pictures CANCELLED {(last - asked).total_seconds():.2f} s after that was asked for")
    # CANCELLED means that nothing of it runs: the denoiser's own count stands still from here on.
    after = (await meters.triton_settled()).total("wegen_step_rows_total", model="sdxl_denoiser", kind="denoise")
    assert before < after < before + ORDERS * EACH * STEPS
    await eventually(lambda: idle(meters), "no slot in use and no job running")
    assert (await meters.triton_settled()).total(
        "wegen_step_rows_total", model="sdxl_denoiser", kind="denoise"
    ) == after


def test_an_order_at_the_terminal_becomes_pictures_on_disk(
    wegen: Callable[..., subprocess.Popen[str]], manifest: Manifest, tmp_path: Path
) -> None:
    line = ("images", "a green square", "-n", "2", "--seed", "5", "--priority", "batch", "--out", str(tmp_path))
    process = wegen(*line)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    sizes = [decode(path.read_bytes()).shape[:2] for path in tmp_path.glob("a-green-square-?.png")]
    assert sizes == [(manifest.image_size, manifest.image_size)] * 2
