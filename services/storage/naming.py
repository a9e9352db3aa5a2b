"""Object names: built here, parsed here, and nothing else is let through to a store."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from typing import Literal

from services.errors import InvalidArgumentError

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_JOB = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STEP = re.compile(r"[0-9]{4}")
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class ImageName:
    """An image's name taken apart: `key` is the sha256 of a reference, the job id of an image or a preview."""

    tenant: str
    kind: Literal["references", "images", "previews"]
    key: str
    step: int | None = None


def reference(tenant: str, sha256: str) -> str:
    """Name of an uploaded image, by its content."""
    return f"{_matching(_TENANT, tenant)}/references/{_matching(_SHA256, sha256)}.png"


def image(tenant: str, job_id: str) -> str:
    """Name of the picture a job makes."""
    return f"{_matching(_TENANT, tenant)}/images/{_matching(_JOB, job_id)}.png"


def preview(tenant: str, job_id: str, step: int) -> str:
    """Name of a job's preview after `step` steps (0..9999)."""
    return f"{_matching(_TENANT, tenant)}/previews/{_matching(_JOB, job_id)}/{_matching(_STEP, f'{step:04d}')}.png"


def previews_of(tenant: str, job_id: str) -> str:
    """What begins the names of a job's previews."""
    return f"{_matching(_TENANT, tenant)}/previews/{_matching(_JOB, job_id)}/"


def checkpoint(tenant: str, job_id: str, step: int) -> str:
    """Name of a job's latents after `step` steps; no image, so `parse` does not know it."""
    return f"{checkpoints_of(tenant, job_id)}{_matching(_STEP, f'{step:04d}')}.npy"


def checkpoints_of(tenant: str, job_id: str) -> str:
    """What begins the names of a job's checkpoints."""
    return f"{_matching(_TENANT, tenant)}/checkpoints/{_matching(_JOB, job_id)}/"


def parse(name: str) -> ImageName:
    """The parts of a name that `reference`, `image` or `preview` built; InvalidArgumentError("image") otherwise."""
    match check_name(name).removesuffix(".png").split("/"):
        case [tenant, "references", key] if reference_matches(tenant, key):
            parsed = ImageName(tenant, "references", key)
        case [tenant, "images", key]:
            parsed = ImageName(tenant, "images", key)
        case [tenant, "previews", key, step] if _STEP.fullmatch(step):
            parsed = ImageName(tenant, "previews", key, int(step))
        case _:
            raise _bad_name()
    if _built(parsed) != name:
        raise _bad_name()
    return parsed


def reference_matches(tenant: str, key: str) -> bool:
    """Whether these could be a reference's tenant and content address."""
    return bool(_TENANT.fullmatch(tenant) and _SHA256.fullmatch(key))


def check_name(name: str) -> str:
    """`name` if a store may use it: plain parts joined by slashes, none of them hidden or upward."""
    if len(name) > _LONGEST or not all(_PART.fullmatch(part) for part in name.split("/")):
        raise _bad_name()
    return name


def check_prefix(prefix: str) -> str:
    """`prefix` if it can begin a name; the empty one begins all."""
    if prefix:
        check_name(prefix.removesuffix("/"))
    return prefix


def content_type(name: str) -> str:
    """The content type that a name's ending promises."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _built(parsed: ImageName) -> str:
    match parsed.kind:
        case "references":
            return reference(parsed.tenant, parsed.key)
        case "images":
            return image(parsed.tenant, parsed.key)
        case "previews":
            return preview(parsed.tenant, parsed.key, parsed.step or 0)


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise _bad_name()
    return value


def _bad_name() -> InvalidArgumentError:
    # The value is a client's and may be anything: it is not repeated.
    return InvalidArgumentError("image", "this is not the name of an image", reason="BAD_NAME")
