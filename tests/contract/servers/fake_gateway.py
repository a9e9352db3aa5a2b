"""`python -m tests.contract.servers.fake_gateway FOLDER PORT`: a gateway to be killed. Settings by environment.

Its chat networks are fakes, whose pictures take `STEP_S` seconds a step; jobs, Redis and database are real.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from services.jobs.settings import JobSettings
from tests.fakes.denoising import orders
from tests.fakes.gateway import FakeGateway


async def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = JobSettings.load().model_dump(include={"database_url", "redis_url", "job_watch_s", "job_lease_s"})
    gateway = FakeGateway(folder, composes=True, changes={**settings, "gateway_address": f"127.0.0.1:{port}"})
    step_s = float(os.environ["STEP_S"])
    gateway.generator.features = lambda _seed: orders(step_s=step_s)
    await gateway.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
