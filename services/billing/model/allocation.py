"""First in, first out: which lot gives and which takes back, one movement at a time.

Compiled: the only rule here that has to look at facts one after the other. Each function
is plain Python on arrays and says the same uncompiled.

Shape: lots are numbered 0, 1, 2 ..., product by product, each from its oldest lot to its
    newest; a heap holds lot numbers, its least on top. `tally` holds, for the product at
    hand: the sizes of both heaps, the newest lot so far, and what is without a lot.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, ParamSpec, TypeAlias, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")
Ints: TypeAlias = NDArray[np.integer[Any]]

RECEIVED: Final = 0
DEDUCTED: Final = 1
RESTORED: Final = 2

_STOCKED, _GIVEN, _NEWEST, _LOOSE, _WRITTEN = range(5)
_NONE: Final = -1


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    compiled: Callable[P, R] = njit(cache=True)(function)
    return compiled


def _inlined(function: Callable[P, R]) -> Callable[P, R]:
    inlined: Callable[P, R] = njit(inline="always")(function)
    return inlined


class Movements(NamedTuple):
    """Movements in columns, by product, each product's in the order they happened.

    Shape: `product` counts from 0; `kind` is RECEIVED, DEDUCTED or RESTORED; `lot` is the
        number of a receipt's lot, anything for the others.
    """

    product: Ints
    kind: Ints
    units: Ints
    lot: Ints


class Journal(NamedTuple):
    """What each movement did: `after` units are in `lot` once movement `fact` happened.

    Shape: in the order of the movements. A lot from `lots` on stands for what has no lot:
        `lots + product`; its `after` is negative while units are missing.
    """

    fact: Ints
    lot: Ints
    after: Ints


class _Lots(NamedTuple):
    on_hand: Ints
    gave: Ints
    stocked: Ints
    given: Ints


@_inlined
def _push(heap: Ints, size: int, value: int) -> None:
    at = size
    while at > 0 and heap[(at - 1) >> 1] > value:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = value


@_inlined
def _pop(heap: Ints, size: int) -> None:
    last = heap[size - 1]
    at, child = 0, 1
    while child < size - 1:
        if child + 1 < size - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[at] = heap[child]
        at, child = child, 2 * child + 1
    heap[at] = last


@_inlined
def _write(journal: Journal, tally: Ints, fact: int, lot: int, after: int) -> None:
    at = tally[_WRITTEN]
    journal.fact[at] = fact
    journal.lot[at] = lot
    journal.after[at] = after
    tally[_WRITTEN] = at + 1


@_inlined
def _put(lots: _Lots, tally: Ints, lot: int, units: int) -> None:
    if units > 0 and lots.on_hand[lot] == 0:
        _push(lots.stocked, tally[_STOCKED], lot)
        tally[_STOCKED] += 1
    lots.on_hand[lot] += units


@_inlined
def _count_as_given(lots: _Lots, tally: Ints, lot: int, units: int) -> None:
    if units > 0 and lots.gave[lot] == 0:
        _push(lots.given, tally[_GIVEN], -lot)
        tally[_GIVEN] += 1
    lots.gave[lot] += units


@_inlined
def _receive(lots: _Lots, tally: Ints, lot: int, units: int) -> None:
    """Take `units` into `lot`, with what had no lot yet; what is missing leaves at once."""
    missing = min(units, max(-tally[_LOOSE], 0))
    found = max(tally[_LOOSE], 0)
    tally[_LOOSE] += missing - found
    _count_as_given(lots, tally, lot, missing)
    _put(lots, tally, lot, units - missing + found)
    tally[_NEWEST] = max(tally[_NEWEST], lot)


@_inlined
def _deduct(lots: _Lots, tally: Ints, journal: Journal, fact: int, units: int) -> None:
    """Draw from the oldest lots; what they lack is missing until more comes in."""
    while units > 0 and tally[_STOCKED] > 0:
        lot = lots.stocked[0]
        drawn = min(units, lots.on_hand[lot])
        units -= drawn
        lots.on_hand[lot] -= drawn
        _count_as_given(lots, tally, lot, drawn)
        if lots.on_hand[lot] == 0:
            _pop(lots.stocked, tally[_STOCKED])
            tally[_STOCKED] -= 1
        _write(journal, tally, fact, lot, lots.on_hand[lot])
    tally[_LOOSE] -= units


@_inlined
def _restore(lots: _Lots, tally: Ints, journal: Journal, fact: int, units: int) -> None:
    """Return to the newest lots that gave; beyond all given, to the newest lot."""
    found = min(units, max(-tally[_LOOSE], 0))
    tally[_LOOSE] += found
    units -= found
    while units > 0 and tally[_GIVEN] > 0:
        lot = -lots.given[0]
        back = min(units, lots.gave[lot])
        units -= back
        lots.gave[lot] -= back
        _put(lots, tally, lot, back)
        if lots.gave[lot] == 0:
            _pop(lots.given, tally[_GIVEN])
            tally[_GIVEN] -= 1
        _write(journal, tally, fact, lot, lots.on_hand[lot])
    if units > 0 and tally[_NEWEST] != _NONE:
        _put(lots, tally, tally[_NEWEST], units)
        _write(journal, tally, fact, tally[_NEWEST], lots.on_hand[tally[_NEWEST]])
    elif units > 0:
        tally[_LOOSE] += units


@_inlined
def _with_room(journal: Journal, written: int, more: int) -> Journal:
    if written + more <= journal.fact.size:
        return journal
    size = 2 * written + more
    fact, lot = np.empty(size, np.int32), np.empty(size, np.int32)
    after = np.empty(size, np.int64)
    fact[:written] = journal.fact[:written]
    lot[:written] = journal.lot[:written]
    after[:written] = journal.after[:written]
    return Journal(fact, lot, after)


@_inlined
def _move(lots: _Lots, tally: Ints, journal: Journal, moved: Movements, fact: int) -> None:
    units = moved.units[fact]
    if moved.kind[fact] == RECEIVED:
        lot = moved.lot[fact]
        _receive(lots, tally, lot, units)
        _write(journal, tally, fact, lot, lots.on_hand[lot])
    elif moved.kind[fact] == DEDUCTED:
        _deduct(lots, tally, journal, fact, units)
    else:
        _restore(lots, tally, journal, fact, units)


@_compiled
def allocate(moved: Movements, first_lot: Ints) -> Journal:
    """Return what each of `moved` did to which lots.

    A deduction draws from the oldest lot with units. Restored units return to the newest
    lot that gave, at most what it gave and has not got back, then to the next newest;
    beyond all given, to the newest lot. Late facts can leave too few units at a moment:
    what is there is drawn, and the rest is missing: restored units fill it first, then
    units that come in, which so leave at once. Units restored before any lot came in have
    no lot, until the first one that comes takes them.

    Shape: `first_lot[p]` is product p's first lot and `first_lot[p + 1]` ends its lots;
        each lot's `after` never falls below 0, and all of a product, with what has no lot,
        add up to received - deducted + restored at each moment.
    Source: domain.md 5, "Store fee".
    """
    all_lots = first_lot[-1]
    on_hand, gave = np.zeros(all_lots, np.int64), np.zeros(all_lots, np.int64)
    stocked, given = np.empty(all_lots, np.int32), np.empty(all_lots, np.int32)
    none = np.empty(0, np.int32)
    journal = Journal(none, none, np.empty(0, np.int64))
    journal = _with_room(journal, 0, 2 * moved.product.size)
    tally = np.zeros(5, np.int64)
    at_hand = _NONE
    lots = _Lots(on_hand, gave, stocked, given)
    most = 0
    for fact in range(moved.product.size):
        product = moved.product[fact]
        if product != at_hand:
            start, end = first_lot[product], first_lot[product + 1]
            lots = _Lots(on_hand, gave, stocked[start:end], given[start:end])
            tally[:_WRITTEN] = 0, 0, _NONE, 0
            at_hand, most = product, end - start + 2
        journal = _with_room(journal, tally[_WRITTEN], most)
        loose = tally[_LOOSE]
        _move(lots, tally, journal, moved, fact)
        if tally[_LOOSE] != loose:
            _write(journal, tally, fact, all_lots + product, tally[_LOOSE])
    written = tally[_WRITTEN]
    return Journal(journal.fact[:written], journal.lot[:written], journal.after[:written])


@_compiled
def until(days: Ints, lots: Ints, count: int, never: int) -> Ints:
    """Return for each entry of a journal the day on which its lot's next entry stands.

    Shape: `days` and `lots` by entry, `lots` below `count`; the last entry of a lot holds
        until `never`. An entry that another one replaces on its day holds for no day.
    """
    following = np.full(count, never, np.int32)
    ends = np.empty(lots.size, np.int32)
    for at in range(lots.size - 1, -1, -1):
        ends[at] = following[lots[at]]
        following[lots[at]] = days[at]
    return ends
