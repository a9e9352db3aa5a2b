"""A failed call as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import grpc
import typer
from google.rpc import error_details_pb2
from grpc_status import rpc_status

INTERRUPTED = 130


class ClientError(Exception):
    """What went wrong, in one sentence for the person at the terminal."""


class LostError(ClientError):
    """The connection is over; what was asked for goes on."""


class WatchLimitError(LostError):
    """The gateway lets no watch last longer, and waits for another one."""


@contextmanager
def reported() -> Iterator[None]:
    """End the program with what went wrong: status 1 and a sentence, or 130 after Ctrl-C."""
    try:
        yield
    except ClientError as error:
        typer.echo(f"wegen: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        typer.echo(f"wegen: {error}" if str(error) else "wegen: cancelled", err=True)
        raise typer.Exit(INTERRUPTED) from error


def failed(error: grpc.RpcError, server: str) -> ClientError:
    """What to raise for `error`, from a call to `server`."""
    if _reason(error) == "WATCH_LIMIT":
        return WatchLimitError(sentence(error, server))
    lost = _code(error) in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
    return (LostError if lost else ClientError)(sentence(error, server))


def sentence(error: grpc.RpcError, server: str) -> str:
    """What `error`, from a call to `server`, means."""
    code, details = _code(error), _details(error)
    if code is grpc.StatusCode.UNAVAILABLE and not _is_ours(error):
        return f"no gateway answers at {server}: is it running? (`make up` starts one)"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "the answer took longer than --timeout allows"
    if code is grpc.StatusCode.CANCELLED:
        return "cancelled"
    return details or f"the gateway answered {code.name}"


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    # What calls raise is a Call too; grpc's types do not say so.
    code: grpc.StatusCode = error.code()
    return code


def _details(error: grpc.RpcError) -> str:
    return str(error.details() or "")


def _is_ours(error: grpc.RpcError) -> bool:
    """Whether the gateway itself sent the status, rather than the network between."""
    return bool(_reason(error))


def _reason(error: grpc.RpcError) -> str:
    """The stable word for what is wrong; empty where the gateway sent none."""
    status = rpc_status.from_call(cast("grpc.Call", error))
    info = error_details_pb2.ErrorInfo()
    found = status is not None and any(detail.Unpack(info) for detail in status.details if detail.Is(info.DESCRIPTOR))
    return str(info.reason) if found else ""
