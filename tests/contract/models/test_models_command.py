"""A repository through a real S3, by the commands that an operator and a pod run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from minio import Minio

from services.models.index import FILE
from tests.contract.servers.radosgw import S3Server

BUCKET = "models"


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Minio:
    monkeypatch.setenv("WEGEN_MODELS_ENDPOINT", f"127.0.0.1:{s3_server.port}")
    monkeypatch.setenv("WEGEN_MODELS_SECURE", "false")
    monkeypatch.setenv("WEGEN_MODELS_ACCESS_KEY", s3_server.access_key)
    monkeypatch.setenv("WEGEN_MODELS_SECRET_KEY", s3_server.secret_key)
    client = Minio(
        f"127.0.0.1:{s3_server.port}", access_key=s3_server.access_key, secret_key=s3_server.secret_key, secure=False
    )
    if not client.bucket_exists(BUCKET):
        client.make_bucket(BUCKET)
    return client


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.models", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_published_repository_is_fetched_whole(bucket: Minio, model_repository: Path, tmp_path: Path) -> None:
    location, models = f"s3://{BUCKET}/wegen-tiny/1", tmp_path / "models"
    assert _run("publish", str(model_repository), location).returncode == 0
    assert _run("fetch", location, str(models)).returncode == 0
    for name in ("manifest.json", "llama_feature_generator/1/model.onnx", "llama_feature_generator/configs/cpu.pbtxt"):
        assert (models / name).read_bytes() == (model_repository / name).read_bytes()

    # As after a restart in the middle: the folder is not whole, one graph has come half.
    graph = models / "llama_feature_generator/1/model.onnx"
    half = graph.read_bytes()[: graph.stat().st_size // 2]
    graph.with_name(graph.name + ".part").write_bytes(half)
    graph.unlink()
    (models / FILE).unlink()
    assert _run("fetch", location, str(models)).returncode == 0
    assert graph.read_bytes() == (model_repository / "llama_feature_generator/1/model.onnx").read_bytes()


def test_what_cannot_be_had_is_one_sentence(bucket: Minio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = _run("fetch", f"s3://{BUCKET}/none", str(tmp_path / "models"))
    assert refused.returncode == 1
    assert f"s3://{BUCKET}/none has no {FILE}" in refused.stderr
    refused = _run("publish", str(tmp_path), f"s3://{BUCKET}/empty")
    assert refused.returncode == 1
    assert "manifest.json does not exist" in refused.stderr
    assert list(bucket.list_objects(BUCKET, prefix="empty/")) == []
    monkeypatch.setenv("WEGEN_MODELS_SECRET_KEY", "wrong-secret")
    refused = _run("fetch", f"s3://{BUCKET}/wegen-tiny/1", str(tmp_path / "models"))
    assert refused.returncode == 1
    assert "S3 refuses our keys" in refused.stderr
    assert "wrong-secret" not in refused.stderr
