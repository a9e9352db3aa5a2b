"""Webhooks against real HTTP and HTTPS servers and both databases."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from prometheus_client import CollectorRegistry

from services.gateway.webhook.caller import Caller
from services.gateway.webhook.sender import Sender, signature, trusting
from services.jobs.database import Database
from services.jobs.ledger import Ledger
from services.jobs.operations import OperationSpec, Register
from services.jobs.operations.calls import Calls
from services.migrations import migrate
from services.telemetry.gateway_metrics import GatewayMetrics
from tests.contract.jobs.databases import database_url
from tests.contract.servers.bench import Clock
from tests.contract.servers.postgres_server import postgres

__all__ = ["database_url", "postgres"]
pytestmark = pytest.mark.contract
SECRET = b"between us"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@dataclass
class Receiver:
    """Answers with `answers`, then 204; keeps what it got."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0


@contextmanager
def receiving(certificate: trustme.LeafCert | None = None) -> Iterator[Receiver]:
    """A server on loopback; with a `certificate` it speaks TLS."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, dict(self.headers), body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(tls)
        # The handshake in the request's own thread: one that fails must not end the server's loop.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@dataclass
class Post:
    database: Database
    clock: Clock
    uri: str

    def __post_init__(self) -> None:
        self.calls = Calls(self.database, tries=3, clock=self.clock)
        self.metrics = GatewayMetrics(CollectorRegistry())
        ledger = Ledger(self.database, limit=5, clock=self.clock)
        self.register = Register(self.database, ledger, tenant="acme", limit=5, clock=self.clock)

    def caller(self, sender: Sender) -> Caller:
        return Caller(self.calls, sender, self.metrics)

    def ended(self) -> str:
        spec = OperationSpec(tenant="acme", key=None, digest="d", request=b"", count=1, webhook=self.uri)
        operation = self.register.add([spec])[0]
        self.register.request_cancel(operation.id)
        return operation.id


@pytest.fixture
def post(database_url: str, receiver: Receiver) -> Iterator[Post]:
    database = Database(database_url)
    migrate(database)
    yield Post(database, Clock(), f"http://127.0.0.1:{receiver.port}/hook?x=1")
    database.close()


async def test_an_end_is_told_once_and_signed(post: Post, receiver: Receiver) -> None:
    caller = post.caller(Sender(SECRET, allowed=LOOPBACK, plain=True))
    await caller.once()
    operation_id = post.ended()
    await caller.once()
    post.clock.forward(timedelta(days=1).total_seconds())
    await caller.once()
    ((path, headers, body),) = receiver.got
    assert path == "/hook?x=1"
    assert json.loads(body)["name"] == f"operations/{operation_id}"
    assert json.loads(body)["state"] == "cancelled"
    assert headers["Wegen-Delivery"] == operation_id
    assert headers["Wegen-Signature"] == f"v1={signature(SECRET, headers['Wegen-Timestamp'], body)}"


async def test_a_receiver_that_fails_is_called_later_and_later_and_no_redirect_is_followed(
    post: Post, receiver: Receiver
) -> None:
    caller = post.caller(Sender(SECRET, allowed=LOOPBACK, plain=True))
    receiver.answers = [500, 302, 500]
    post.ended()
    counts = []
    for wait_s in (0, 5, 6, 30, 20, 86400):
        post.clock.forward(wait_s)
        await caller.once()
        counts.append(len(receiver.got))
    assert counts == [1, 1, 2, 2, 3, 3]
    value, outcomes = post.metrics.registry.get_sample_value, ("delivered", "failed", "given_up")
    told = [value("wegen_gateway_webhooks_total", {"outcome": outcome}) for outcome in outcomes]
    assert told == [0, 2, 1]
    assert value("wegen_gateway_webhook_tries_sum") == 3
    assert {path for path, _, _ in receiver.got} == {"/hook?x=1"}


async def test_an_address_inside_is_not_called(post: Post, receiver: Receiver) -> None:
    post.ended()
    await post.caller(Sender(SECRET, plain=True)).once()
    assert receiver.got == []


HOST = "hooks.example"


@dataclass
class Authorities:
    """An operator's own authority, in a file, and one that nobody knows."""

    folder: Path

    def __post_init__(self) -> None:
        self.ours, self.unknown = trustme.CA(), trustme.CA()
        self.file = self.folder / "ca.pem"
        self.ours.cert_pem.write_to_path(str(self.file))

    def sender(self) -> Sender:
        """As production has it, but for where names lead: whatever is called, it is on loopback, which is allowed."""
        trust = trusting(self.file)
        return Sender(SECRET, allowed=LOOPBACK, trust=trust, lookup=lambda _host, _port: ["127.0.0.1"])


@pytest.fixture
def authorities(tmp_path: Path) -> Authorities:
    return Authorities(tmp_path)


async def test_a_receiver_is_called_over_tls_by_its_name(post: Post, authorities: Authorities) -> None:
    with receiving(authorities.ours.issue_cert(HOST)) as receiver:
        post.uri = f"https://{HOST}:{receiver.port}/hook"
        receiver.answers = [500, 302]
        operation_id = post.ended()
        for wait_s in (0, 11, 41, 86400):
            post.clock.forward(wait_s)
            await post.caller(authorities.sender()).once()
    # The third try is taken; what the redirect pointed to was never asked for.
    assert [path for path, _, _ in receiver.got] == ["/hook"] * 3
    assert {headers["Wegen-Delivery"] for _, headers, _ in receiver.got} == {operation_id}
    assert {headers["Host"] for _, headers, _ in receiver.got} == {f"{HOST}:{receiver.port}"}


async def test_a_receiver_whose_certificate_is_wrong_hears_nothing(post: Post, authorities: Authorities) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    wrong = (
        authorities.unknown.issue_cert(HOST),
        authorities.ours.issue_cert("other.example"),
        authorities.ours.issue_cert(HOST, not_after=past),
        None,
    )
    for certificate in wrong:
        with receiving(certificate) as receiver:
            post.uri = f"https://{HOST}:{receiver.port}/hook"
            post.ended()
            await post.caller(authorities.sender()).once()
            assert receiver.got == []
    with receiving(authorities.ours.issue_cert(HOST)) as receiver:
        post.uri = f"https://{HOST}:{receiver.port}/hook"
        post.ended()
        await post.caller(authorities.sender()).once()
        assert len(receiver.got) == 1
