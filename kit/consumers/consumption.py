"""The partitions that this process owns: polled on the event loop, applied in threads."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faststream.kafka import KafkaBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber

from kit.consumers import observed
from kit.consumers.ends import Ends
from kit.consumers.failures import Fenced, Unavailable
from kit.consumers.inbox import Applied, Inbox
from kit.consumers.letters import DeadLetter, Undertaker
from kit.consumers.places import Place, Standing, Turn, pause_s
from kit.consumers.positions import positions
from kit.consumers.records import Handler, Record
from kit.consumers.sparing import spare_what_is_loaded
from kit.consumers.vitality import cause_of_death, end

_log: Final = logging.getLogger(__name__)

PARTS_IN_HAND: Final = 4
COMMIT_EVERY_S: Final = 1.0
COMMIT_WITHIN_S: Final = 5.0
"""aiokafka itself tries for as long as no coordinator is to be had."""
DRAIN_S: Final = 5.0
"""How long a rebalance waits for the batch in hand; after it, the fence decides."""
BURIAL_S: Final = 5.0
"""Well below `LOCK_WAIT_S`, after which who rests in his transaction counts as frozen."""
SETTLE_S: Final = 0.05
"""Longer than a batch is on its way between the poll and `take`, which awaits no one."""


class Consumption(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """What one process consumes for a group. Its own thread is the event loop's.

    A partition's `Place` is looked up in the database before anything of it is applied, and
    the consumer sought there: on assignment, after a fence, and after a failure, with the
    partition paused and growing pauses, while the others go on and the session stays alive.
    What arrives before that is dropped, since it comes again.
    """

    def __init__(
        self, bootstrap_servers: str, inbox: Inbox, handlers: Mapping[str, Handler]
    ) -> None:
        self._inbox = inbox
        self._handlers = handlers
        self._undertaker = Undertaker(bootstrap_servers)
        self._ends = Ends(bootstrap_servers)
        self._places: dict[TopicPartition, Place] = {}
        self._told: dict[TopicPartition, int] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._taking = False
        self._closing = False
        self._dead: str | None = None
        self._hands = asyncio.Semaphore(PARTS_IN_HAND)
        self._in_hand: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None

    def attach(self, broker: KafkaBroker, subscriber: BatchSubscriber) -> None:
        """Take what `subscriber` of `broker` polls. Once, before `start`."""
        self._broker, self._subscriber = broker, subscriber

    @property
    def broker(self) -> KafkaBroker:
        """The broker as FastStream knows it: for its documents and its test double."""
        return self._broker

    async def start(self) -> None:
        """Join the group. Returns before any partition is looked up."""
        self._loop = asyncio.get_running_loop()
        spare_what_is_loaded()
        try:
            await self._broker.start()
        except BaseException:
            await self._broker.stop()
            raise
        self._ticking = asyncio.create_task(self._tick())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def take(self, batch: Sequence[Record]) -> None:
        """Begin to apply `batch`, each partition's part in a transaction of its own.

        Returns when `PARTS_IN_HAND` or less are left to finish, so that the next poll goes
        on while the database works. Never raises: what can't be applied comes again.
        """
        self._taking = True
        self._idle.clear()
        try:
            for part in _parts(batch):
                first = part[0]
                await self._begin(TopicPartition(first.topic, first.partition), part)
        finally:
            self._taking = False
            self._settle()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Finish the batch in hand, so that the next owner starts behind it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), DRAIN_S)
        with suppress(KafkaError, TimeoutError):
            await self._commit()
        self._forget(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Look up where the group stands in `assigned`, and go on from there."""
        self._forget(set(self._places))
        for partition in () if self._closing else assigned:
            self._places[partition] = Place()
            self._look_up(partition, after_s=0)

    async def close(self) -> None:
        """Finish the batch in hand, tell Kafka how far the group has come, and leave it.

        Safe to repeat: Yes.
        """
        self._closing = True
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait({self._ticking})
        await self._idle.wait()
        if self._polling is not None:
            with suppress(KafkaError, TimeoutError):
                await self._commit()
        self._forget(set(self._places))
        await end(self._subscriber)
        await self._broker.stop()
        await self._undertaker.close()
        await self._ends.close()

    async def standing(self) -> list[Standing]:
        """Return where the group stands in every partition of its topics.

        A partition that another process owns is shown as far as that one has told Kafka.

        Raises:
            KafkaError: The brokers do not say where the partitions end.
            Unavailable: The database is away, or nothing is consumed for now.
        """
        if self._dead:
            raise Unavailable(self._dead)
        consumer = self._polling
        if consumer is None:
            return []
        names = [
            TopicPartition(topic, number)
            for topic in self._handlers
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        polled = await self._polled()
        ends = await self._ends.of(names)
        others = [at for at in names if at not in consumer.assignment()]
        told = {at: await consumer.committed(at) for at in others}
        stored = await asyncio.to_thread(self._stored)
        reached = {**self._reached(polled), **{at: n or 0 for at, n in told.items()}}
        return [
            Standing(at.topic, at.partition, max(offset, reached.get(at, 0)), ends[at], pos)
            for at in names
            for offset, pos in [stored.get(at, (0, 0))]
        ]

    @property
    def _polling(self) -> AIOKafkaConsumer:
        return self._subscriber.consumer

    def _stored(self) -> dict[TopicPartition, tuple[int, int]]:
        found = positions(self._inbox.engine, self._inbox.group)
        return {TopicPartition(p.topic, p.partition): (p.next_offset, p.pos) for p in found}

    async def _begin(self, at: TopicPartition, part: Sequence[Record]) -> None:
        place = self._places.get(at)
        if place is None or place.next_offset is None or self._closing:
            return
        if self._continues(at, place.next_offset, part):
            turn = Turn(place, place.epoch)
            await self._hands.acquire()
            task = asyncio.create_task(self._finish(at, part, turn))
            self._in_hand.add(task)
            task.add_done_callback(self._put_down)

    def _put_down(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._hands.release()
        self._settle()

    def _settle(self) -> None:
        if not self._taking and not self._in_hand:
            self._idle.set()

    async def _finish(self, at: TopicPartition, part: Sequence[Record], turn: Turn) -> None:
        """Apply `part` when those before it are, unless one of them failed."""
        place = turn.place
        async with place.order:
            if self._places.get(at) is place and turn.stands:
                await self._take_part(at, part, place)

    async def _take_part(
        self, at: TopicPartition, part: Sequence[Record], place: Place
    ) -> None:
        try:
            done = await asyncio.to_thread(self._apply, part, place.next_offset or 0)
        except Fenced as why:
            observed.count_fenced(self._inbox.group, *at)
            _log.warning("%s/%s: %s; its place is looked up", *at, why)
            self._put_off(at, place, pause=False)
        except asyncio.CancelledError:
            raise
        except BaseException as why:  # noqa: BLE001 - whatever it is, nothing may be skipped
            observed.count_retried(self._inbox.group, *at)
            place.failures += 1
            unknown = None if isinstance(why, Unavailable) else why
            _log.warning("%s/%s put off: %s", *at, why, exc_info=unknown)
            self._put_off(at, place, pause=True)
        else:
            place.next_offset, place.failures = done.next_offset, 0
            observed.count(self._inbox.group, at.topic, at.partition, done)

    def _continues(
        self, at: TopicPartition, next_offset: int, part: Sequence[Record]
    ) -> bool:
        """Tell whether nothing lies between `next_offset` and the first of `part`.

        What was fetched before the consumer was sought may start anywhere. Here, where the
        next poll comes after us, it is sought once more, and all that follows is sure.
        """
        place = self._places[at]
        stale = not place.sure and part[0].offset > next_offset
        place.sure = True
        if stale:
            place.epoch += 1  # how far it was polled until now says nothing
            with suppress(KafkaError):
                self._polling.seek(at, next_offset)
        return not stale

    def _apply(self, part: Sequence[Record], believed: int) -> Applied:
        with observed.observed(self._inbox.group, part):
            handler = self._handlers[part[0].topic]
            return self._inbox.apply(part, handler, believed, self._bury)

    def _bury(self, letters: Sequence[DeadLetter]) -> None:
        """Send `letters` from the handler's thread, on the loop that the producer is on.

        Raises:
            Unavailable: Some may not be kept.
        """
        burial = asyncio.run_coroutine_threadsafe(
            self._undertaker.bury(letters), self._loop
        )
        try:
            burial.result(BURIAL_S)
        except (KafkaError, TimeoutError) as why:
            burial.cancel()
            raise Unavailable(f"dead letters can't be kept: {why!r}") from why

    def _put_off(self, at: TopicPartition, place: Place, *, pause: bool) -> None:
        if self._places.get(at) is place:
            place.lose()
            self._look_up(at, after_s=pause_s(place.failures) if pause else 0)

    def _look_up(self, at: TopicPartition, *, after_s: float) -> None:
        place = self._places[at]
        with suppress(KafkaError):
            self._polling.pause(at)
        place.looking = asyncio.create_task(self._find_place(at, place, after_s))

    async def _find_place(self, at: TopicPartition, place: Place, after_s: float) -> None:
        while place.next_offset is None:
            await asyncio.sleep(after_s)
            try:
                stored = await asyncio.to_thread(self._inbox.next_offset, *at)
            except Exception as why:  # noqa: BLE001 - without a place nothing can be applied
                place.failures += 1
                after_s = pause_s(place.failures)
                _log.warning("%s/%s has no place yet: %s", *at, why)
                continue
            if self._places.get(at) is not place or self._polling is None:
                return
            with suppress(KafkaError):
                self._polling.seek(at, stored)
                self._polling.resume(at)
            place.next_offset = stored

    def _forget(self, partitions: set[TopicPartition]) -> None:
        for at in partitions:
            place = self._places.pop(at, None)
            if place is not None and place.looking is not None:
                place.looking.cancel()
            self._told.pop(at, None)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            await self._stay_alive()
            with suppress(KafkaError, TimeoutError):
                await self._commit()
            owned = self._places.keys() & self._polling.assignment()
            for at in owned:
                end = self._polling.last_stable_offset(at)
                offset = self._places[at].next_offset
                if end is not None and offset is not None:
                    observed.show_lag(
                        self._inbox.group, at.topic, at.partition, max(0, end - offset)
                    )

    async def _stay_alive(self) -> None:
        """Begin anew if aiokafka gave up: all that counts is in the database."""
        self._dead = cause_of_death(self._polling)
        failures = 0
        while self._dead:
            _log.error("%s; consuming begins anew", self._dead)
            self._forget(set(self._places))
            try:
                await end(self._subscriber)
                await self._subscriber.start()
                self._dead = None
            except Exception as why:  # noqa: BLE001 - without a consumer there is no service
                failures += 1
                self._dead = f"consuming did not begin anew: {why!r}"
                await asyncio.sleep(pause_s(failures))

    async def _commit(self) -> None:
        """Tell Kafka where the group stands, for its lag metrics alone."""
        polled = await self._polled()
        await asyncio.sleep(SETTLE_S)
        reached = self._reached(polled)
        news = {at: n for at, n in reached.items() if self._told.get(at) != n}
        if news:
            await asyncio.wait_for(self._polling.commit(news), COMMIT_WITHIN_S)
            self._told.update(news)

    async def _polled(self) -> dict[TopicPartition, tuple[Turn, int]]:
        """Return how far each partition has been polled, past Kafka's own markers."""
        polled = {}
        for at, place in list(self._places.items()):
            if place.next_offset is not None:
                turn = Turn(place, place.epoch)
                with suppress(KafkaError, TimeoutError):
                    position = self._polling.position(at)
                    polled[at] = turn, await asyncio.wait_for(position, SETTLE_S)
        return polled

    def _reached(
        self, polled: Mapping[TopicPartition, tuple[Turn, int]]
    ) -> dict[TopicPartition, int]:
        """Return where the group stands, given what was `polled` a round trip ago.

        A transaction's marker takes an offset and is no record. So with nothing in hand
        now, and no failure since, all that had been polled then is dealt with.
        """
        settled = self._idle.is_set() and not self._closing
        return {
            at: max(turn.place.next_offset or 0, position if settled else 0)
            for at, (turn, position) in polled.items()
            if self._places.get(at) is turn.place and turn.stands
        }


def _parts(batch: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Yield `batch` by partition: in a poll each comes in one piece, most often alone."""
    place = attrgetter("topic", "partition")
    if place(batch[0]) == place(batch[-1]):
        yield batch
    else:
        for _, part in groupby(batch, key=place):
            yield list(part)
