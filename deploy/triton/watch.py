"""`python -m deploy.triton.watch`: bring back models whose Python process died or hangs, by unload and load."""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable

import grpc
import structlog
from tritonclient.grpc import service_pb2, service_pb2_grpc

from deploy.triton.canary import QUESTIONS, Verdict, ask
from services.inference.channel import connect
from services.telemetry.logs import configure

# A model under load may let one canary wait.
PATIENCE = 3
RELOAD_SECONDS = 120.0


class Watch:
    """Asks every model in turn and decides which to reload."""

    def __init__(self, models: Iterable[str], probe: Callable[[str], Verdict], reload: Callable[[str], None]) -> None:
        self._models = tuple(models)
        self._probe = probe
        self._reload = reload
        self._silent: Counter[str] = Counter()

    def look(self) -> list[str]:
        """One round; the models that were reloaded. A server that is away is its supervisor's business."""
        reloaded: list[str] = []
        for model in self._models:
            verdict = self._probe(model)
            if verdict is Verdict.SERVER_AWAY:
                self._silent.clear()
                return reloaded
            self._silent[model] = self._silent[model] + 1 if verdict is Verdict.SILENT else 0
            if verdict is Verdict.DEAD or self._silent[model] >= PATIENCE:
                self._silent[model] = 0
                self._reload(model)
                reloaded.append(model)
        return reloaded


class Reloader:
    """Unload and load, which starts a new process for the model."""

    def __init__(self, stub: service_pb2_grpc.GRPCInferenceServiceStub) -> None:
        self._stub = stub
        self._log = structlog.get_logger()

    def __call__(self, model: str) -> None:
        """Reload `model`; a failure is logged, and the next round tries again."""
        self._log.warning("model does not answer, reloading it", model=model)
        try:
            self._stub.RepositoryModelUnload(
                service_pb2.RepositoryModelUnloadRequest(model_name=model), timeout=RELOAD_SECONDS
            )
            self._stub.RepositoryModelLoad(
                service_pb2.RepositoryModelLoadRequest(model_name=model), timeout=RELOAD_SECONDS
            )
        except grpc.RpcError as error:
            self._log.error("reload failed", model=model, problem=error.details())
        else:
            self._log.info("model reloaded", model=model)


def main() -> None:
    """Watch until killed."""
    parser = argparse.ArgumentParser(prog="python -m deploy.triton.watch", description=__doc__)
    parser.add_argument("--url", default=os.environ.get("WEGEN_TRITON_URL", "127.0.0.1:8001"))
    parser.add_argument("--interval", type=float, default=2.0, help="seconds between rounds")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds a model may take to answer")
    parser.add_argument("--models", nargs="*", default=list(QUESTIONS), choices=list(QUESTIONS), metavar="MODEL")
    arguments = parser.parse_args()
    configure("triton-watch")
    with connect(arguments.url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        watch = Watch(arguments.models, lambda model: ask(stub, model, arguments.timeout), Reloader(stub))
        while True:
            watch.look()
            time.sleep(arguments.interval)


if __name__ == "__main__":
    main()
