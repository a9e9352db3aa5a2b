"""A whole gateway over fakes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry

from services.errors import UnavailableError
from services.gateway.admission import Admission
from services.gateway.chat import ChatFlow
from services.gateway.chat_service import ChatService
from services.gateway.chat_settings import ChatDefaults
from services.gateway.conversation import Conversations
from services.gateway.features import FeatureLibrary
from services.gateway.gallery import Gallery
from services.gateway.health import Dependencies
from services.gateway.image_service import ImageService
from services.gateway.interceptor import TracedCalls
from services.gateway.limits import MessageLimits
from services.gateway.model import described
from services.gateway.orders.checking import Checking
from services.gateway.orders.composer import Composer
from services.gateway.orders.operations import Operations
from services.gateway.orders.ordering import Ordering
from services.gateway.orders.runner import Runner
from services.gateway.orders.view import View
from services.gateway.pixels import ImageLimits
from services.gateway.prompt import PromptBuilder
from services.gateway.rooms import Rooms
from services.gateway.server import GatewayServer, Services
from services.gateway.settings import GatewaySettings
from services.gateway.tokenizer import Tokenizer
from services.jobs.database import Database
from services.jobs.operations.service import OperationService
from services.migrations import migrate
from services.size import Size
from services.telemetry.gateway_metrics import GatewayMetrics
from services.telemetry.spans import NO_TRACES, Tracer
from tests.fakes.encoder import FakeEncoder
from tests.fakes.generator import FakeGenerator, dense
from tests.fakes.jobs import FakeJobs
from tests.fakes.store import MemoryStore
from tests.fakes.tokenizer import tokenizer

CONTEXT = 1024
SIZES = (Size(16, 16), Size(24, 16))


@dataclass
class FakeGateway:
    """The gateway's own code over fakes of everything else, on a port of its own."""

    folder: Path
    max_chats: int = 4
    resamples: int = 3
    timeout: float = 30
    composes: bool = False
    changes: dict[str, object] = field(default_factory=dict)
    tracer: Tracer = NO_TRACES
    words: Tokenizer = field(default_factory=tokenizer)
    store: MemoryStore = field(default_factory=MemoryStore)
    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    away: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.generator = FakeGenerator(self.words, lambda _request, index: dense(_CAPTIONS[index]))
        self.jobs = FakeJobs(self.store)
        self.metrics = GatewayMetrics(CollectorRegistry())
        self.database = Database(str(self.changes.get("database_url", f"sqlite:///{self.folder / 'gateway.sqlite3'}")))
        self.conversations = Conversations(self.database, tenant="default", ttl=timedelta(hours=1), max_turns=8)
        values: dict[str, object] = {
            "gateway_address": "127.0.0.1:0",
            "gateway_grace": 0.2,
            "gateway_max_upload_bytes": 64 * 1024,
            "store_directory": self.folder,
        }
        self.settings = GatewaySettings.model_validate(values | self.changes)
        checks = {name: partial(self._check, name) for name in ("triton", "redis", "store")}
        self.dependencies = Dependencies(checks, timeout=1, ready=self.metrics.dependency_ready)

    async def start(self) -> str:
        """Serve; the address."""
        migrate(self.database)
        gallery = Gallery(
            self.store,
            tenant="default",
            limits=ImageLimits(size=64 * 1024, pixels=256 * 256, side=128),
            expires=timedelta(minutes=5),
        )
        rooms, defaults = self._rooms(gallery), self._defaults()
        flow = ChatFlow(rooms, defaults)
        self.operations = OperationService.open(self.settings, self.database, tenant="default")
        checking, view = Checking(rooms, defaults, within_s=60), View(gallery)
        composer = Composer(rooms, defaults, checking, timeout_s=self.timeout)
        self.runner = Runner(
            self.operations, composer, places=2, upkeep_s=0.2, metrics=self.metrics, tracer=self.tracer
        )
        if self.composes:
            self.runner.start()
        self.admission = Admission(self.max_chats, self.metrics.active_chats)
        self.server = GatewayServer(
            self.settings,
            Services(
                chat=ChatService(flow, self.admission, self.metrics, timeout=self.timeout),
                image=ImageService(
                    gallery,
                    Ordering(self.operations, checking, view),
                    self.metrics,
                    model=described("fake", defaults.limits),
                    timeout=self.timeout,
                    watch_timeout=self.settings.gateway_watch_timeout,
                ),
                operations=Operations(
                    self.operations,
                    view,
                    self.metrics,
                    timeout=self.timeout,
                    wait_timeout=self.settings.gateway_watch_timeout,
                ),
                dependencies=self.dependencies,
            ),
            [TracedCalls(self.tracer)],
        )
        await self.server.start()
        return f"127.0.0.1:{self.server.port}"

    async def stop(self) -> None:
        """Stop and let go of everything."""
        await self.server.stop()
        await self.runner.stop()
        await self.operations.close()
        self.database.close()

    async def _check(self, name: str) -> None:
        await asyncio.sleep(0)
        if self.away.get(name):
            raise UnavailableError(name, "it is switched off")

    def _rooms(self, gallery: Gallery) -> Rooms:
        return Rooms(
            generator=self.generator,
            library=FeatureLibrary(gallery, self.encoder, 2),
            jobs=self.jobs,
            gallery=gallery,
            conversations=self.conversations,
            dependencies=self.dependencies,
            tokenizer=self.words,
            prompts=PromptBuilder(self.words, context=CONTEXT, features=64),
            metrics=self.metrics,
        )

    def _defaults(self) -> ChatDefaults:
        return ChatDefaults(
            tenant="default",
            limits=MessageLimits(references=3, characters=16000, default_steps=4, default_guidance=3.0, sizes=SIZES),
            answer_tokens=128,
            rewrite_max_words=20,
            rewrite_resamples=self.resamples,
            rewrite_similarity=0.9,
            cleanup_timeout=2,
        )


_CAPTIONS = (
    "a large red circle stands in the middle of a plain blue picture.",
    "one small scarlet disc near the top left corner, striped navy ground.",
    "in the lower half lies a round crimson shape; all around is sky blue.",
    "a ruby ring of light over deep water, seen from above.",
    "a cherry-coloured ball rests at the right edge before an azure wall.",
    "two thirds of the picture are filled by a vermilion sun at dusk.",
    "a dotted brick-red plate on a cobalt table cloth.",
    "a tiny coral bead, centred, on a royal blue sheet.",
)
