"""What sellers owe to buyers as domain.md says it, likewise slow on purpose."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

from contracts.buyers import (
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessRequested,
    BuyerAccessWithdrawn,
    MessageMarkedSpam,
    MessageSent,
)
from contracts.fact import Fact

Due: TypeAlias = tuple[datetime, int, int]
DueBy: TypeAlias = Callable[[datetime], datetime]
First: TypeAlias = Callable[[Iterable[datetime]], datetime | None]
Moments: TypeAlias = dict[str, list[datetime]]


def approved(facts: Sequence[Fact], due_by: DueBy, first: First) -> Iterator[Due]:
    """`first` leaves out what has not happened yet."""
    asked, answers, gone = (defaultdict[str, list[datetime]](list) for _ in range(3))
    for fact in facts:
        match fact:
            case BuyerAccessRequested(request_id=request):
                asked[request].append(fact.happened_at)
            case BuyerAccessApproved(request_id=request):
                answers[request].append(fact.happened_at)
            case BuyerAccessDeclined(request_id=request):
                answers[request].append(fact.happened_at)
            case BuyerAccessWithdrawn(request_id=request):
                gone[request].append(fact.happened_at)
            case _:
                pass
    return kept_in_time(asked, answers, gone, due_by, first)


def answered(facts: Sequence[Fact], due_by: DueBy, first: First) -> Iterator[Due]:
    """As `approved`, of opening messages."""
    asked, answers, spam = (defaultdict[str, list[datetime]](list) for _ in range(3))
    for fact in facts:
        match fact:
            case MessageSent(sender="buyer", answers=None, message_id=message):
                asked[message].append(fact.happened_at)
            case MessageSent(sender="seller", answers=str(message)):
                answers[message].append(fact.happened_at)
            case MessageMarkedSpam(message_id=message):
                spam[message].append(fact.happened_at)
            case _:
                pass
    return kept_in_time(asked, answers, spam, due_by, first)


def kept_in_time(
    asked: Moments, answers: Moments, void: Moments, due_by: DueBy, first: First
) -> Iterator[Due]:
    for subject, moments in asked.items():
        opened, kept = first(moments), first(answers.get(subject, []))
        if opened is None or first(void.get(subject, [])) is not None:
            continue
        due = due_by(opened)
        yield due, 1, int(kept is not None and kept <= due)
