"""Between Triton's Python backend and a scheduler; the backend's module is handed in as `pb`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic

from numpy.typing import NDArray

from services.engine.models import Limits
from services.engine.scheduler import Scheduler
from services.engine.tensors import Tensors, integer
from services.engine.ticket import RequestT
from services.errors import WegenError

Encode = Callable[[Any], Mapping[str, NDArray[Any]]]

_CODES = {"INVALID_ARGUMENT": "INVALID_ARG", "CANCELLED": "CANCELLED", "INTERNAL": "INTERNAL"}


class TritonStream:
    """The response stream of one decoupled request.

    Asking whether a request is cancelled after its final response kills tritonserver (it follows a freed pointer),
    so the last send and the question exclude each other.
    """

    def __init__(self, pb: Any, request: Any, encode: Encode) -> None:  # noqa: ANN401
        self._pb = pb
        self._sender = request.get_response_sender()
        self._encode = encode
        self._open = threading.Lock()
        self._ended = False

    def send(self, events: Sequence[Any], *, final: bool) -> None:
        """One response for each event, the final flag on the last, or alone if there is none."""
        *earlier, last = [self._response(event) for event in events] or [None]
        for response in earlier:
            self._sender.send(response)
        if final:
            self._end(last)
        elif last is not None:
            self._sender.send(last)

    def fail(self, error: WegenError) -> None:
        """An error response that begins with the error's code."""
        code = getattr(self._pb.TritonError, _CODES.get(error.code, "UNAVAILABLE"))
        self._end(self._pb.InferenceResponse(error=self._pb.TritonError(f"{error.code}: {error.message}", code)))

    def cancelled(self) -> bool:
        """Whether the client has cancelled, is gone, or its deadline has passed; False once the request has ended."""
        with self._open:
            return not self._ended and bool(self._sender.is_cancelled())

    def _response(self, event: object) -> Any:  # noqa: ANN401
        tensors = [self._pb.Tensor(name, array) for name, array in self._encode(event).items()]
        return self._pb.InferenceResponse(output_tensors=tensors)

    def _end(self, response: Any | None) -> None:  # noqa: ANN401
        flags = self._pb.TRITONSERVER_RESPONSE_COMPLETE_FINAL
        with self._open:
            if self._ended:
                return
            self._ended = True
            if response is None:
                self._sender.send(flags=flags)
            else:
                self._sender.send(response, flags=flags)


class TritonFrontDoor(Generic[RequestT]):
    """Reads, checks and submits requests; a refused one gets its error at once."""

    def __init__(
        self,
        pb: Any,  # noqa: ANN401
        scheduler: Scheduler[RequestT],
        *,
        inputs: Iterable[str],
        read: Callable[[Tensors], RequestT],
        limits: Limits[RequestT],
        encode: Encode,
    ) -> None:
        self._pb = pb
        self.scheduler = scheduler
        self._inputs = tuple(inputs)
        self._read = read
        self._limits = limits
        self._encode = encode

    def take(self, request: Any) -> None:  # noqa: ANN401
        """Submit one of Triton's requests."""
        stream = TritonStream(self._pb, request, self._encode)
        try:
            tensors = self._tensors(request)
            parsed = self._read(tensors)
            self._limits.check(parsed)
            priority = integer(tensors, "priority", 0)
        except WegenError as error:
            self.scheduler.refuse(error)
            stream.fail(error)
            return
        try:
            self.scheduler.submit(parsed, stream, priority=priority)
        except WegenError as error:
            stream.fail(error)

    def _tensors(self, request: Any) -> Tensors:  # noqa: ANN401
        found = ((name, self._pb.get_input_tensor_by_name(request, name)) for name in self._inputs)
        return {name: tensor.as_numpy() for name, tensor in found if tensor is not None}
