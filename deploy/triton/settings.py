"""How one tritonserver is to be started."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from deploy.triton.problem import StartError
from services.telemetry.settings import collector

EXIT_SECONDS = 10
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Settings:
    """Ports and folders. `config_name` "" takes the default configurations (TensorRT); `models` () means all.

    `server` is the folder of an installed tritonserver; None stands for the wheel's. `traces` is the base URL of an
    OTLP collector, "" for no traces; requests that come with a trace are in it, of others `traces_ratio`. `hashes`
    reads every graph and plan before the start.
    """

    repository: Path
    state: Path
    config_name: str = "cpu"
    address: str = LOOPBACK
    grpc_port: int = 8001
    http_port: int = 8000
    metrics_port: int = 8002
    exit_seconds: int = EXIT_SECONDS
    connection_age_seconds: int = 0
    models: tuple[str, ...] = ()
    verbose: int = 0
    server: Path | None = None
    traces: str = ""
    traces_ratio: float = 0.0
    hashes: bool = False

    @property
    def ports(self) -> dict[str, int]:
        """Every port and the flag that moves it."""
        return {"--grpc-port": self.grpc_port, "--http-port": self.http_port, "--metrics-port": self.metrics_port}


def parse(arguments: list[str] | None = None) -> tuple[Settings, bool]:
    """From the command line and the `WEGEN_` variables; the flag says whether only to check. StartError."""
    parsed = _parser().parse_args(arguments)
    check = bool(parsed.check)
    values = {key: value for key, value in vars(parsed).items() if key != "check"}
    values["models"] = tuple(values["models"])
    values["repository"], values["state"] = values["repository"].resolve(), values["state"].resolve()
    values["traces"], values["traces_ratio"] = _collector(values["traces"]), _ratio(values["traces_ratio"])
    return Settings(**values), check


def _collector(url: str) -> str:
    try:
        return collector(url)
    except ValueError as error:
        raise StartError(f"WEGEN_TRITON_TRACES_ENDPOINT: {error}") from error


def _ratio(text: str) -> float:
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise StartError("WEGEN_TRITON_TRACES_RATIO: is not a number from 0 to 1")
    return ratio


def _parser() -> argparse.ArgumentParser:
    repository = Path(os.environ.get("WEGEN_MODEL_REPOSITORY", "model_repository"))
    state = Path(os.environ.get("WEGEN_STATE_DIRECTORY", ".local")) / "triton"
    parser = argparse.ArgumentParser(
        prog="python -m deploy.triton",
        description="Become tritonserver, or say in one sentence why not.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--repository", type=Path, default=repository, help="model repository")
    parser.add_argument("--state", type=Path, default=state, help="folder for the assembled backends")
    parser.add_argument("--config-name", default="cpu", help='configs/NAME.pbtxt of each model; "" is TensorRT')
    parser.add_argument("--address", default=LOOPBACK, help="where gRPC and metrics listen; HTTP stays on loopback")
    parser.add_argument("--grpc-port", type=int, default=8001)
    parser.add_argument("--http-port", type=int, default=8000)
    parser.add_argument("--metrics-port", type=int, default=8002)
    parser.add_argument("--exit-seconds", type=int, default=EXIT_SECONDS, help="limit for open requests at the end")
    parser.add_argument(
        "--connection-age-seconds", type=int, default=0, help="callers connect anew after so long; 0: never"
    )
    parser.add_argument("--models", nargs="*", default=[], metavar="MODEL", help="load these only")
    parser.add_argument("--server", type=Path, help="folder of an installed tritonserver, instead of the wheel's")
    parser.add_argument("--verbose", type=int, default=0, help="Triton's log level")
    endpoint = os.environ.get("WEGEN_TRITON_TRACES_ENDPOINT", "")
    parser.add_argument("--traces", metavar="URL", default=endpoint, help="OTLP collector's base URL")
    ratio = os.environ.get("WEGEN_TRITON_TRACES_RATIO", "0")
    parser.add_argument("--traces-ratio", metavar="RATIO", default=ratio, help="of requests without a trace")
    parser.add_argument("--hashes", action="store_true", help="read every graph and plan and compare its SHA-256 first")
    parser.add_argument("--check", action="store_true", help="check everything, start nothing")
    return parser
