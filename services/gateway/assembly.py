"""Puts the gateway together from settings, and takes it apart again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from prometheus_client import CollectorRegistry

from services.gateway.admission import Admission
from services.gateway.chat import ChatFlow
from services.gateway.chat_service import ChatService
from services.gateway.chat_settings import ChatDefaults
from services.gateway.conversation import Conversations
from services.gateway.features import FeatureLibrary
from services.gateway.gallery import Gallery
from services.gateway.health import Check, Dependencies
from services.gateway.image_service import ImageService
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
from services.gateway.server import Services
from services.gateway.settings import GatewaySettings
from services.gateway.survey import Surveyor
from services.gateway.tokenizer import Tokenizer
from services.gateway.webhook.caller import Caller
from services.gateway.webhook.sender import Sender, trusting
from services.inference.encoder import EncoderClient
from services.inference.generator import GeneratorClient
from services.inference.health import GATEWAY_MODELS, triton_ready
from services.jobs.cancellations import Cancellations
from services.jobs.census import Census
from services.jobs.database import Database
from services.jobs.operations.calls import Calls
from services.jobs.operations.service import OperationService
from services.jobs.service import JobService
from services.manifest import Manifest
from services.settings import SettingsError
from services.storage.opening import open_store
from services.storage.store import ObjectStore
from services.telemetry.gateway_metrics import GatewayMetrics
from services.telemetry.metered_store import MeteredStore
from services.telemetry.spans import NO_TRACES, Tracer


class Gateway:
    """The real rooms, connected. Make it inside the running event loop: gRPC channels belong to one."""

    def __init__(self, settings: GatewaySettings, registry: CollectorRegistry, tracer: Tracer = NO_TRACES) -> None:
        manifest = Manifest.load(settings.model_repository)
        self._settings = settings
        self._metrics = GatewayMetrics(registry)
        self._store = MeteredStore(open_store(settings), self._metrics.store_seconds, self._metrics.store_errors)
        self._gallery = _gallery(settings, self._store)
        self._generator = GeneratorClient(settings.triton_url)
        self._encoder = EncoderClient(settings.triton_url)
        self._database = Database(settings.database_url)
        cancellations = Cancellations(self._database)
        self._jobs = JobService.open(settings, asked=cancellations.asked)
        self._surveyor = Surveyor(
            Census(self._database), cancellations, self._metrics, every_s=settings.gateway_survey_s
        )
        self._conversations = Conversations(
            self._database,
            tenant=settings.tenant,
            ttl=timedelta(seconds=settings.gateway_conversation_ttl),
            max_turns=settings.gateway_conversation_turns,
        )
        self._dependencies = Dependencies(
            self._checks(), timeout=settings.gateway_health_timeout, ready=self._metrics.dependency_ready
        )
        rooms, defaults = self._rooms(manifest), ChatDefaults.of(settings, manifest)
        self._model = described(manifest.preset, defaults.limits)
        self._flow = ChatFlow(rooms, defaults)
        self._operations = OperationService.open(
            settings, self._database, tenant=settings.tenant, asked=cancellations.asked
        )
        sender = _sender(settings)
        checking = Checking(rooms, defaults, within_s=settings.job_operation_s, webhooks=sender)
        self._ordering = Ordering(self._operations, checking, View(self._gallery))
        self._runner = Runner(
            self._operations,
            Composer(rooms, defaults, checking, timeout_s=settings.gateway_chat_timeout),
            places=settings.gateway_compositions,
            upkeep_s=settings.job_sweep_s,
            webhooks=self._caller(sender, tracer) if sender else None,
            metrics=self._metrics,
            tracer=tracer,
        )

    def _caller(self, sender: Sender, tracer: Tracer) -> Caller:
        calls = Calls(self._database, tries=self._settings.webhook_tries)
        return Caller(calls, sender, self._metrics, tracer)

    async def open(self) -> Services:
        """What the server serves."""
        self._runner.start()
        self._surveyor.start()
        timeout, watch = self._settings.gateway_chat_timeout, self._settings.gateway_watch_timeout
        admission = Admission(self._settings.gateway_max_chats, self._metrics.active_chats)
        return Services(
            chat=ChatService(self._flow, admission, self._metrics, timeout=timeout),
            image=ImageService(
                self._gallery,
                self._ordering,
                self._metrics,
                model=self._model,
                timeout=timeout,
                watch_timeout=watch,
            ),
            operations=Operations(
                self._operations, View(self._gallery), self._metrics, timeout=timeout, wait_timeout=watch
            ),
            dependencies=self._dependencies,
        )

    async def close(self) -> None:
        """Hand back what is begun and disconnect from everything."""
        await self._surveyor.stop()
        await self._runner.stop()
        await self._operations.close()
        await self._generator.close()
        await self._encoder.close()
        await self._jobs.close()
        self._database.close()

    def _rooms(self, manifest: Manifest) -> Rooms:
        tokenizer = Tokenizer.load(self._settings.model_repository, manifest)
        prompts = PromptBuilder(tokenizer, context=manifest.language.context, features=manifest.features)
        return Rooms(
            generator=self._generator,
            library=FeatureLibrary(self._gallery, self._encoder, self._settings.gateway_feature_cache),
            jobs=self._jobs,
            gallery=self._gallery,
            conversations=self._conversations,
            dependencies=self._dependencies,
            tokenizer=tokenizer,
            prompts=prompts,
            metrics=self._metrics,
        )

    def _checks(self) -> dict[str, Check]:
        jobs = self._jobs
        return {
            "triton": self._triton,
            "redis": jobs.check_redis,
            "database": jobs.check_database,
            "store": self._reach_store,
        }

    async def _triton(self) -> None:
        # The worker's models may be another Triton's; whether they are there is for the worker to say.
        timeout = self._settings.gateway_health_timeout
        await triton_ready(self._settings.triton_url, GATEWAY_MODELS, timeout=timeout)

    async def _reach_store(self) -> None:
        await asyncio.to_thread(self._store.check)


def _sender(settings: GatewaySettings) -> Sender | None:
    secret = settings.webhook_secret.get_secret_value()
    if not secret:
        return None
    try:
        trust = trusting(settings.webhook_ca_file)
    except OSError as error:
        raise SettingsError("WEGEN_WEBHOOK_CA_FILE: no certificates can be read from it") from error
    networks = tuple(settings.webhook_networks)
    return Sender(secret.encode(), allowed=networks, plain=settings.webhook_plain, trust=trust)


def _gallery(settings: GatewaySettings, store: ObjectStore) -> Gallery:
    return Gallery(
        store,
        tenant=settings.tenant,
        limits=ImageLimits(
            size=settings.gateway_max_upload_bytes,
            pixels=settings.gateway_max_image_pixels,
            side=settings.gateway_reference_side,
        ),
        expires=timedelta(seconds=settings.gateway_url_expires),
    )
