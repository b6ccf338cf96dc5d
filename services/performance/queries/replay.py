"""A metric of all sellers, from the topics alone; beside it, what our tables say.

Both are of the same facts: those that the service had applied. So they must be equal.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

import polars as pl
from psycopg import sql
from sqlalchemy import Engine

from contracts.fact import Fact
from contracts.performance import AppealDecided
from contracts.registry import NAMES as TYPES
from contracts.topics import OWNERS
from kit.database import address
from kit.readmodels.beside import alone_beside
from kit.readmodels.frames import Read, one_moment
from kit.readmodels.once import Once, Places, Taken
from kit.readmodels.topics import Stretch, read_again
from services.performance.model.obligation import LISTINGS, SAYINGS, known
from services.performance.model.refusals import TooLongToReplay
from services.performance.model.scorecard import scorecards
from services.performance.policies import OF_LISTINGS, kinds_of
from services.performance.projections import Said, said_in
from services.performance.queries import Question, Told, conditions_of, ranges_of

MOST_REPLAYED: Final = 20_000_000
"""How many offsets one replay may go over: what is said there is held in memory, up to
150 bytes a row of one metric, and twice that while the rows are put together."""
_CARD: Final = ["seller_id", "window_days", "due", "kept", "rate", "level"]
_POSITION: Final = pl.Schema(
    {"topic": pl.String(), "partition": pl.Int32(), "next_offset": pl.Int64()}
)
_PLACE: Final = pl.Schema(
    {"topic": pl.String(), "partition": pl.Int32(), "record_offset": pl.Int64()}
)


class Source(NamedTuple):
    """Where the facts are, and as which group the service applies them."""

    bootstrap_servers: str
    group: str
    topics: Sequence[str]


class Applied(NamedTuple):
    """Which records were applied: those before `beyond`, without those `left_out`."""

    beyond: Stretch
    left_out: Places


@dataclass(frozen=True, slots=True)
class Replayed:
    """A metric of all sellers, made again and as the tables have it.

    Shape: `again` and `live` have a row for each seller with anything due: seller_id,
        window_days, due, kept?, rate, level; `ends` says how far each topic was read, by
        partition.
    """

    again: pl.DataFrame
    live: pl.DataFrame
    ends: Mapping[str, Mapping[int, int]]

    @property
    def differing(self) -> Sequence[str]:
        """The sellers of whom the two don't say the same."""
        sides = ((self.again, self.live), (self.live, self.again))
        alone = [
            one.join(other, on=_CARD, how="anti", nulls_equal=True) for one, other in sides
        ]
        return pl.concat(alone)["seller_id"].unique().sort().to_list()


def ask_replay(db: Engine, source: Source, question: Question, metric: str) -> Replayed:
    """Return how all sellers stood on `metric`, from the topics and from the tables.

    Blocks. It waits while a read model is made again, and keeps that waiting: no table
    changes places, and of memory one at a time takes so much.

    Raises:
        TooLongToReplay: The topics go over more than `MOST_REPLAYED` offsets by now.
        HistoryGone: A topic does not hold any more what was applied.
        KafkaError: The broker does not answer.
    """
    with alone_beside(db):
        ranges = ranges_of(db)
        with one_moment(address(db)) as read:
            applied = _applied(read, source, _kinds(metric))
            _require_few(applied)
            live = pl.concat(_live(read, question, metric, some) for some in ranges)
        rows = replay(source.bootstrap_servers, applied, question, metric)
        return Replayed(_cards(rows, question, metric), live, _ends(applied))


def replay(
    bootstrap_servers: str, applied: Applied, question: Question, metric: str
) -> Told:
    """Return what the facts in Kafka say of `metric`: of obligations and of listings.

    Blocks. No database is asked. Of facts that say nothing of the metric, the envelope
    alone is read; of what they say, what was true and known by the question's moments is
    kept.

    Shape: as `queries.read_in_parts`, of all sellers.

    Raises:
        KafkaError: The broker does not answer; ValueError if a fact can't be read.
    """
    once = Once.of(_kinds(metric), applied.left_out)
    told, claimed = list[Told](), list[Told]()

    def give(run: Sequence[Taken]) -> None:
        batches = (batch.items() for batch in once.in_columns(run))
        for kind, facts in chain.from_iterable(batches):
            of_kind = told if kind is not AppealDecided else claimed
            of_kind.append(_by_then(said_in({kind: facts}, [metric]), question))

    read_again(bootstrap_servers, {}, applied.beyond, once.take, give)
    facts, claims = _together(told), _together(claimed)
    # Facts come once; two appeals may have claimed the same.
    said, listed = _once(claims[0], "metric", "says"), _once(claims[1])
    return pl.concat([facts[0], said]), pl.concat([facts[1], listed])


def _together(parts: Sequence[Told]) -> Told:
    said, listed = zip(*parts, strict=True) if parts else ((), ())
    return pl.concat([SAYINGS.to_frame(), *said]), pl.concat([LISTINGS.to_frame(), *listed])


def _once(claims: pl.DataFrame, *beside: str) -> pl.DataFrame:
    """Return each of `claims` as it was upheld first."""
    key = ["seller_id", "event_id", *beside]
    return claims.unique(key, keep="first", maintain_order=True)


def _by_then(found: Said, question: Question) -> Told:
    """Return of what was `found` what was true by then, and known."""

    def those(frames: Sequence[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
        named = (each.select(schema.names()) for each in frames)
        rows = pl.concat([schema.to_frame(), *named]).lazy()
        return known(rows, question.as_of, question.known_at).collect()

    return those(found.of_obligations, SAYINGS), those(found.of_listings, LISTINGS)


def _kinds(metric: str) -> Collection[type[Fact]]:
    return {*kinds_of([metric]), AppealDecided}


def _applied(read: Read, source: Source, kinds: Collection[type[Fact]]) -> Applied:
    """Return which records of `kinds` were applied, and maybe more of their topics."""
    owners = {TYPES[kind].partition(".")[0] for kind in kinds}
    topics = [each for each in source.topics if OWNERS.get(each) in {None, *owners}]
    mine = sql.SQL("group_name = {} AND topic = ANY({})").format(source.group, topics)
    stood = read("consumer_positions", _POSITION, [mine])
    out = [read(each, _PLACE, [mine]) for each in ("parked_events", "discarded_events")]
    beyond = {(topic, number): end for topic, number, end in stood.iter_rows()}
    return Applied(beyond, frozenset(pl.concat(out).iter_rows()))


def _ends(applied: Applied) -> Mapping[str, Mapping[int, int]]:
    ends = defaultdict[str, dict[int, int]](dict)
    for (topic, number), end in sorted(applied.beyond.items()):
        ends[topic][number] = end
    return ends


def _require_few(applied: Applied) -> None:
    """Let pass a history that memory has room for.

    Raises:
        TooLongToReplay: It is longer.
    """
    offsets = sum(applied.beyond.values())
    if offsets > MOST_REPLAYED:
        raise TooLongToReplay(offsets, MOST_REPLAYED)


def _live(
    read: Read, question: Question, metric: str, of_sellers: Sequence[sql.Composable]
) -> pl.DataFrame:
    conditions = [*conditions_of(question), *of_sellers]
    mine = sql.SQL("metric = {}").format(metric)
    listings = LISTINGS.to_frame()
    if metric in OF_LISTINGS:
        listings = read("listing_sayings", LISTINGS, conditions)
    said = read("obligation_sayings", SAYINGS, [*conditions, mine])
    return _cards((said, listings), question, metric)


def _cards(rows: Told, question: Question, metric: str) -> pl.DataFrame:
    cards = scorecards(*rows, question.policy, question.as_of, question.known_at)
    return cards.filter(metric=metric).select(_CARD)
