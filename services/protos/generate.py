"""Generates Python code from the protos: `python -m services.protos.generate` (needs the dev packages).

The protos live in `wegen/v1` as buf wants it; the generated modules are imported as `services.protos.wegen.v1.*`, so
that nothing has to be put on the import path. That is one rewritten import line per file.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).parent
PACKAGE = "services.protos.wegen.v1"
_PLUGINS = ("protoc-gen-mypy", "protoc-gen-mypy_grpc")
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


class GenerationError(RuntimeError):
    """protoc refused the protos; it has said why on stderr."""


def generate(target: Path) -> list[Path]:
    """Write the code of every proto below `target` and return the files written.

    Raises:
        GenerationError: a proto does not compile.
    """
    outputs = [f"--{kind}_out={target}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    # mypy-protobuf's plug-ins stand beside the interpreter, which need not be on PATH.
    plugins = [f"--plugin={name}={Path(sys.executable).parent / name}" for name in _PLUGINS]
    _compile(*plugins, *outputs)
    return [_rewritten(path) for path in sorted((target / "wegen" / "v1").iterdir()) if path.name.endswith(SUFFIXES)]


def describe(target: Path, *, comments: bool = True) -> None:
    """Write the protos and all they import into `target`, a FileDescriptorSet. GenerationError."""
    _compile(*(["--include_source_info"] if comments else []), "--include_imports", f"--descriptor_set_out={target}")


def _compile(*options: str) -> None:
    from grpc_tools import protoc  # type: ignore[import-untyped]  # noqa: PLC0415  a dev package

    protos = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("wegen/v1/*.proto"))
    google_apis = Path(str(files("google.api") / "http.proto")).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        # The package ships it under another name than the one it registers and all others import.
        operations = Path(folder) / "google/longrunning/operations.proto"
        operations.parent.mkdir(parents=True)
        shutil.copy(google_apis / "google/longrunning/operations_proto.proto", operations)
        includes = (ROOT, files("grpc_tools") / "_proto", google_apis, folder)
        if protoc.main(["protoc", *(f"-I{path}" for path in includes), *options, *protos]):
            raise GenerationError("protoc refused the protos")


def _rewritten(path: Path) -> Path:
    path.write_text(re.sub(r"^from wegen\.v1 import", f"from {PACKAGE} import", path.read_text(), flags=re.MULTILINE))
    return path


if __name__ == "__main__":
    for written in generate(ROOT):
        sys.stdout.write(f"{written.relative_to(ROOT)}\n")
