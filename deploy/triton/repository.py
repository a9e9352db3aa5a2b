"""The model repository as Triton would read it, checked before Triton reads it.

Triton falls back to config.pbtxt without a word where configs/NAME.pbtxt is missing: a misspelt name, or a model that
lacks the file, would load the wrong engine or fail with words about CUDA.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from deploy.triton.problem import StartError
from services.engine.plan import PlanManifest
from services.manifest import Manifest, ManifestError

# Backends whose models run anywhere; they need no configuration of their own for the CPU.
_ANYWHERE = frozenset({"python", "ensemble"})
_FILES = {"onnxrt_py": "model.onnx", "tensorrt": "model.plan", "python": "model.py"}


@dataclass(frozen=True, slots=True)
class Model:
    """One model and the configuration chosen for it: its own by name, or the default."""

    folder: Path
    backend: str
    named: bool

    @property
    def name(self) -> str:
        """The folder's name, which is the model's."""
        return self.folder.name

    @property
    def engine(self) -> Path | None:
        """The file its backend loads; None for an ensemble."""
        file = _FILES.get(self.backend)
        return self.folder / "1" / file if file else None


def read_models(repository: Path, config_name: str) -> tuple[Model, ...]:
    """Every model of `repository`; `config_name` "" stands for the default configurations. Raises `StartError`."""
    folders = sorted(path.parent for path in repository.glob("*/config.pbtxt"))
    if not folders:
        raise StartError(f"{repository} holds no model: give Triton's model repository (--repository)")
    models = tuple(_read(folder, config_name) for folder in folders)
    if config_name and not any(model.named for model in models):
        known = sorted({path.stem for path in repository.glob("*/configs/*.pbtxt")})
        raise StartError(f"no model has configs/{config_name}.pbtxt: --config-name is one of {', '.join(known)}")
    return models


def check_models(
    repository: Path, models: tuple[Model, ...], config_name: str, backends: Path, *, hashes: bool = False
) -> None:
    """`StartError` for a missing manifest, graph, configuration or backend, or a graph that is not the manifest's.

    Graphs and the weights beside them are told by their lengths; `hashes` reads all of them, and all plans.
    """
    try:
        manifest = Manifest.load(repository)
        for model in models:
            _check(model, config_name, backends)
            _check_files(repository, manifest, model, hashes=hashes)
    except ManifestError as error:
        raise StartError(str(error)) from error


def _check_files(repository: Path, manifest: Manifest, model: Model, *, hashes: bool) -> None:
    graph, plan = manifest.graphs.get(model.name), model.folder / "1" / "model.plan"
    if graph is not None and not graph.file.startswith(".."):  # plans' graphs lie outside, and are not served
        graph.check(repository, content=hashes)
    if hashes and plan.is_file():
        PlanManifest.load(plan).check_content(plan)


def _check(model: Model, config_name: str, backends: Path) -> None:
    if config_name and not model.named and model.backend not in _ANYWHERE:
        raise StartError(
            f"{model.name} has no configs/{config_name}.pbtxt: Triton would silently take its config.pbtxt "
            f"({model.backend})"
        )
    if model.backend != "ensemble" and not (backends / model.backend).is_dir():
        raise StartError(
            f"{model.name} needs the backend {model.backend}, which this tritonserver has not: "
            "use --config-name cpu, or NVIDIA's image"
        )
    if model.engine and not model.engine.is_file():
        raise StartError(f"{model.engine} does not exist: run `python -m export build`")


def _read(folder: Path, config_name: str) -> Model:
    own = folder / "configs" / f"{config_name}.pbtxt"
    named = bool(config_name) and own.is_file()
    path = own if named else folder / "config.pbtxt"
    try:
        config = text_format.Parse(path.read_text(), model_config_pb2.ModelConfig())
    except text_format.ParseError as error:
        raise StartError(f"{path}: {error}") from error
    backend = config.backend or config.platform.removesuffix("_plan")
    if not backend:
        raise StartError(f"{path} names neither a backend nor a platform")
    return Model(folder, backend, named)
