"""Triton's own metrics that rules and dashboards use; it has more."""

from __future__ import annotations

from services.telemetry.family import Family

_MODEL: dict[str, tuple[str, ...]] = {"model": (), "version": ()}
_GPU: dict[str, tuple[str, ...]] = {"gpu_uuid": ()}

FAMILIES = (
    Family("nv_inference_request_success", "counter", "Requests answered, by model.", "requests", _MODEL),
    Family(
        "nv_inference_request_failure",
        "counter",
        "Requests that failed, by model and reason.",
        "requests",
        _MODEL | {"reason": ("REJECTED", "CANCELED", "BACKEND", "OTHER")},
    ),
    Family("nv_inference_request_duration_us", "counter", "Time in requests.", "microseconds", _MODEL),
    Family("nv_inference_queue_duration_us", "counter", "Time in requests before they ran.", "microseconds", _MODEL),
    Family("nv_inference_pending_request_count", "gauge", "Requests that wait to run.", "requests", _MODEL),
    Family("nv_gpu_utilization", "gauge", "Share of time in which the GPU worked, 0 to 1.", "ratio", _GPU),
    Family("nv_gpu_memory_used_bytes", "gauge", "Memory taken of the GPU.", "bytes", _GPU),
    Family("nv_gpu_memory_total_bytes", "gauge", "Memory of the GPU.", "bytes", _GPU),
)
