"""The generated code in the repository is what the protos say."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.protos import generate
from services.protos.wegen.v1 import chat_pb2, image_pb2, job_pb2


def test_generated_code_is_current(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools")
    written = generate.generate(tmp_path)
    stale = [
        path.name for path in written if (generate.ROOT / path.relative_to(tmp_path)).read_text() != path.read_text()
    ]
    assert len(written) == 12
    assert stale == [], "run python -m services.protos.generate"


@pytest.mark.parametrize("module", [chat_pb2, image_pb2, job_pb2])
def test_every_enum_begins_with_unspecified(module: object) -> None:
    enums = module.DESCRIPTOR.enum_types_by_name.values()  # type: ignore[attr-defined]
    assert all(enum.values_by_number[0].name.endswith("_UNSPECIFIED") for enum in enums)


def test_zero_can_be_told_from_nothing() -> None:
    optional = [field.name for field in chat_pb2.ChatSettings.DESCRIPTOR.fields if field.has_presence]
    assert optional == [
        "n", "seed", "steps", "guidance", "top_p", "temperature", "feature_guidance", "max_tokens", "preview_every",
    ]  # fmt: skip
