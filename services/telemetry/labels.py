"""Every value that a label of gateway or worker may take, and the classes that make free numbers few."""

from __future__ import annotations

CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "UNAVAILABLE",
)
METHODS = (
    "Chat",
    "UploadImage",
    "GetImage",
    "GetModel",
    "GenerateImages",
    "BatchGenerateImages",
    "WatchJob",
    "GetOperation",
    "ListOperations",
    "WaitOperation",
    "CancelOperation",
    "DeleteOperation",
)
OTHER = "OTHER"
# `ErrorInfo.reason` of what callers are refused for; one that is not here counts as OTHER.
REASONS = (
    "BAD_CURSOR",
    "BAD_NAME",
    "BAD_TOKEN",
    "CANCELLED",
    "DEADLINE_EXCEEDED",
    "DEPENDENCY_DOWN",
    "EMPTY_MESSAGE",
    "IMAGE_TOO_LARGE",
    "INTERNAL",
    "INVALID_FIELD",
    "NOT_AN_IMAGE",
    "NOT_FOUND",
    "NO_WEBHOOKS",
    "OPERATION_RUNS",
    "OUT_OF_RANGE",
    "PROMPT_TOO_LONG",
    "QUEUE_FULL",
    "REQUEST_ID_REUSED",
    "TOO_MANY_CHATS",
    "TOO_MANY_REFERENCES",
    "UNKNOWN_CONVERSATION",
    "UNKNOWN_IMAGE",
    "UNKNOWN_OPERATION",
    "UNKNOWN_SIZE",
    "WATCH_LIMIT",
    OTHER,
)
ENDS = ("succeeded", "failed", "cancelled")
WAITS = ("queued", "running")
PRIORITIES = ("interactive", "batch")
STORE_CALLS = ("put", "put_new", "get", "stat", "delete", "list", "check")

SIZES = ("small", "medium", "large")
STEPS = ("few", "usual", "many")
_SMALL_PIXELS, _MEDIUM_PIXELS = 512 * 512, 1024 * 1024
_FEW_STEPS, _USUAL_STEPS = 20, 50


def reason(word: str) -> str:
    """`word` if it is a known reason."""
    return word if word in REASONS else OTHER


def size_class(pixels: int) -> str:
    """small: up to 512 x 512 pixels, medium: up to 1024 x 1024, large: more."""
    if pixels <= _SMALL_PIXELS:
        return "small"
    return "medium" if pixels <= _MEDIUM_PIXELS else "large"


def step_class(steps: int) -> str:
    """few: up to 20 denoising steps, usual: up to 50, many: more."""
    if steps <= _FEW_STEPS:
        return "few"
    return "usual" if steps <= _USUAL_STEPS else "many"
