"""A question to each Python model that costs it nothing and tells whether its process lives.

Triton never restarts a Python process that died, and goes on calling the model ready. Only a request shows it. Each of
these is refused at once (an empty prompt, no steps, a picture of no bytes), and a refusal is a sign of life.
"""

from __future__ import annotations

from enum import Enum

import grpc
import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc

from services.errors import DeadlineExceededError, UnavailableError
from services.inference.faults import from_message, from_rpc
from services.inference.tensors import Tensor, infer_request


class Verdict(Enum):
    """What a canary says of its model."""

    ALIVE = "alive"
    DEAD = "dead"
    SILENT = "silent"
    SERVER_AWAY = "server away"


_FEATURE = np.zeros((64, 1), np.float32)
_ONE = np.zeros(1, np.float32)
QUESTIONS: dict[str, dict[str, Tensor]] = {
    "llama_feature_generator": {
        "ids": np.zeros(0, np.int32),
        "seeds": np.zeros(1, np.uint64),
        "top_p": _ONE,
        "temperature": _ONE,
        "max_tokens": np.zeros(1, np.int32),
        "image": np.zeros(1, np.int32),
    },
    "sdxl_denoiser": {"features": _FEATURE, "steps": np.zeros(1, np.int32)},
    "eva_clip": {"pixels": np.zeros((1, 3, 1, 1), np.float32)},
    "vae_decoder": {"latents": np.zeros((1, 4, 1, 1), np.float32)},
    "image_preprocess": {"image": b""},
    "image_encode": {"pixels": np.zeros((1, 1, 1, 3), np.uint8)},
}
_BATCHED = frozenset({"image_preprocess"})
_STREAMED = frozenset({"llama_feature_generator", "sdxl_denoiser"})


def ask(stub: service_pb2_grpc.GRPCInferenceServiceStub, model: str, timeout: float) -> Verdict:
    """Send `model` its canary and wait at most `timeout` seconds."""
    question = infer_request(model, QUESTIONS[model], request_id="canary", batched=model in _BATCHED)
    try:
        if model in _STREAMED:
            return _stream(stub, question, timeout)
        stub.ModelInfer(question, timeout=timeout)
    except grpc.RpcError as error:
        return _verdict(stub, from_rpc(error), timeout)
    return Verdict.ALIVE


def _stream(
    stub: service_pb2_grpc.GRPCInferenceServiceStub, question: service_pb2.ModelInferRequest, timeout: float
) -> Verdict:
    # To the stream's end: one that is dropped half read may keep its model from being unloaded.
    problems = [answer.error_message for answer in stub.ModelStreamInfer(iter((question,)), timeout=timeout)]
    problem = next(filter(None, problems), None)
    return _verdict(stub, from_message(problem), timeout) if problem else Verdict.ALIVE


def _verdict(stub: service_pb2_grpc.GRPCInferenceServiceStub, error: Exception, timeout: float) -> Verdict:
    if isinstance(error, DeadlineExceededError):
        return Verdict.SILENT
    if not isinstance(error, UnavailableError):
        return Verdict.ALIVE
    try:
        live = stub.ServerLive(service_pb2.ServerLiveRequest(), timeout=timeout).live
    except grpc.RpcError:
        return Verdict.SERVER_AWAY
    return Verdict.DEAD if live else Verdict.SERVER_AWAY
