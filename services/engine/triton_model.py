"""The life of a loop model in Triton, the same for both; a model.py adds its name and how it is opened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic

from services.engine.model_folder import ModelFolder
from services.engine.orphan import OrphanWatch
from services.engine.ticket import RequestT
from services.engine.triton import TritonFrontDoor
from services.engine.triton_metrics import MetricsPublisher
from services.telemetry import logs


class TritonModel(ABC, Generic[RequestT]):
    """Takes requests; the scheduler's threads answer them. `pb` is Triton's backend module, known to model.py only."""

    pb: ClassVar[Any]

    @abstractmethod
    def open(self, folder: ModelFolder) -> TritonFrontDoor[RequestT]:
        """The door to the opened model, its scheduler's threads running."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Open the graph and start the threads."""
        logs.configure(args["model_name"])
        self._orphan = OrphanWatch()
        self._door = self.open(ModelFolder.of(args))
        self._metrics = MetricsPublisher(self.pb, args["model_name"], self._door.scheduler.snapshot)

    def execute(self, requests: Sequence[Any]) -> None:
        """Submit; answers come through each request's response sender."""
        for request in requests:
            self._door.take(request)

    def finalize(self) -> None:
        """Fail what still runs and end all threads."""
        self._door.scheduler.close()
        self._metrics.close()
        self._orphan.close()
