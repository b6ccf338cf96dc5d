"""The partitions of a topic put back into the order of its positions.

Every partition holds its facts in the order of their positions, but for repeats. So the
next fact of a topic is the smallest head of its partitions, once each has one to show; a
fact that follows the last one without a hole need not wait for them.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping

from market.history.published import Published


class TopicMerge:
    """One topic's facts, by position, each once.

    Shape: holds no more than was given for each partition and not yet taken.
    """

    def __init__(self, partitions: Iterable[int]) -> None:
        self._waiting = {number: deque[Published]() for number in partitions}
        self._seen = dict.fromkeys(self._waiting, 0)
        self._open = set(self._waiting)
        self._last = 0

    def give(self, fact: Published) -> None:
        """Add the next fact of its partition; a repeat is dropped."""
        if fact.pos > self._seen[fact.partition]:
            self._seen[fact.partition] = fact.pos
            self._waiting[fact.partition].append(fact)

    def close(self, partition: int) -> None:
        """Say that nothing more comes from `partition`."""
        self._open.discard(partition)

    def reopen(self) -> None:
        """Say that more may come from every partition."""
        self._open.update(self._waiting)

    def short_of(self) -> set[int]:
        """Return the partitions that have nothing to show, and may have later."""
        return {number for number in self._open if not self._waiting[number]}

    @property
    def ended(self) -> bool:
        """Whether everything was taken, and nothing more comes."""
        return not self._open and not any(self._waiting.values())

    def first(self) -> Published | None:
        """Return the smallest of what is there."""
        heads = (facts[0] for facts in self._waiting.values() if facts)
        return min(heads, key=lambda fact: fact.pos, default=None)

    def unsure_of(self, first: Published | None) -> set[int]:
        """Return the partitions that may still have what comes before `first`."""
        if first is not None and first.pos <= self._last + 1:
            return set()
        return self.short_of()

    def take(self, first: Published) -> Published:
        """Take `first`, which is the smallest."""
        self._last = max(self._last, first.pos)
        return self._waiting[first.partition].popleft()


def take_in_order(
    topics: Mapping[str, TopicMerge], quiet: Collection[tuple[str, int]] = ()
) -> Iterator[Published]:
    """Yield facts of all topics: each topic by position, across them as they were recorded.

    Ends as soon as an earlier fact may come yet, of whatever topic; not from those
    partitions that are `quiet`.
    """
    while True:
        firsts = {name: each.first() for name, each in topics.items()}
        for name, first in firsts.items():
            unsure = topics[name].unsure_of(first)
            if any((name, number) not in quiet for number in unsure):
                return
        there = [first for first in firsts.values() if first is not None]
        if not there:
            return
        earliest = min(there, key=lambda fact: fact.envelope.recordedtime)
        yield topics[earliest.topic].take(earliest)


def waited_for(topics: Mapping[str, TopicMerge]) -> Collection[tuple[str, int]]:
    """Return the partitions, by topic, without which no more can be taken."""
    return [
        (name, number)
        for name, each in topics.items()
        for number in each.unsure_of(each.first())
    ]
