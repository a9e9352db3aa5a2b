"""kombu's Redis transport, which does not count a message for ever that could not be acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kombu.transport import redis, virtual

# What Celery is told, as its setting `broker_transport` wants it.
NAME = f"{__name__}:SteadyTransport"


class SteadyQoS(redis.QoS):
    """Forgets a message here whether or not Redis has heard of it.

    A worker whose threads are all busy reads nothing, so it does not notice that Redis is away. kombu's own count kept
    the messages whose acknowledgement failed meanwhile: the worker was full of nothing, and took no message any more.
    Redis gives such a message out again, and its job's row says that it has ended.
    """

    def ack(self, delivery_tag: str) -> None:
        """As kombu's; the error leaves as it is."""
        with self._forgotten(delivery_tag):
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - as in kombu
        """As kombu's; the error leaves as it is."""
        with self._forgotten(delivery_tag):
            super().reject(delivery_tag, requeue=requeue)

    @contextmanager
    def _forgotten(self, delivery_tag: str) -> Iterator[None]:
        try:
            yield
        except self.channel.connection_errors:  # type: ignore[attr-defined] # not in the stubs
            virtual.QoS.ack(self, delivery_tag)
            raise


class SteadyChannel(redis.Channel):
    """A channel that counts so."""

    QoS = SteadyQoS


class SteadyTransport(redis.Transport):
    """A transport of such channels."""

    Channel = SteadyChannel
